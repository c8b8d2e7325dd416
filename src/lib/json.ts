/** Anything JSON can hold. What is stored is made of this alone. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };
