import type { Value } from './order'

/** Excel takes a file for UTF-8 only with this sign in front. */
const BYTE_ORDER_MARK = '﻿'

/**
 * Rows as CSV (RFC 4180) that Excel opens with its Hangul whole.
 *
 * Text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection); numbers stay.
 */
export function csv(head: readonly string[], rows: readonly (readonly Value[])[]): string {
  const lines = [head, ...rows].map((row) => row.map(field).join(','))
  return `${BYTE_ORDER_MARK}${lines.join('\r\n')}\r\n`
}

function field(value: Value): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
