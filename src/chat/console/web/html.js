import htm from './htm.js';
import { h } from './preact.js';

/** Markup as tagged templates; every value becomes a text node or an attribute, never markup. */
export const html = htm.bind(h);
