/** What a query in an address may say. Each function takes whatever stands there and gives a value that can be used. */

/** One word of the list, or nothing where the address says something else. */
export function oneOf<T extends string>(value: unknown, words: readonly T[]): T | undefined {
  return words.find((word) => word === value)
}

/** Words as they stand, or nothing where there are none. */
export function wordsOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && text !== '' ? text : undefined
}

/** A whole number from `least` on, or nothing. */
export function wholeOf(value: unknown, least = 0): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= least ? number : undefined
}

/** ?a=1&b=x as {a: '1', b: 'x'}: plain text, as people type it. */
export function readQuery(query: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(query))
}

/** The other way round; what is undefined or empty is left out. */
export function writeQuery(search: Record<string, unknown>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value))
  }
  return query.size > 0 ? `?${query}` : ''
}
