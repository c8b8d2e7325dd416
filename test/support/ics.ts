/** A VEVENT of these lines. */
export function event(uid: string, lines: readonly string[]): string {
  return ['BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20260101T000000Z', ...lines, 'END:VEVENT'].join('\r\n');
}

/** A VCALENDAR around parts and properties. */
export function calendar(...parts: readonly string[]): string {
  return ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//daytwo//test//EN', ...parts, 'END:VCALENDAR', ''].join('\r\n');
}
