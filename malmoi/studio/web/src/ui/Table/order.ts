/** Sorting, filtering and choosing rows: pure, so that a table of a million rows needs no browser to be tested. */

export type Value = string | number | null

export interface Sort {
  column: string
  descending: boolean
}

/** '실험-2' stands before '실험-10'; Korean before English, as a Korean reader expects. */
const collator = new Intl.Collator('ko', { numeric: true })

/** Rows in the order of `valueOf`; those without a value come last in both directions, equal ones keep their order. */
export function sorted<Row>(rows: readonly Row[], valueOf: (row: Row) => Value, descending: boolean): Row[] {
  const sign = descending ? -1 : 1
  const valued = rows.map((row) => ({ row, value: valueOf(row) }))
  valued.sort((one, other) => {
    if (one.value === null || other.value === null) return Number(one.value === null) - Number(other.value === null)
    if (typeof one.value === 'number' && typeof other.value === 'number') return sign * (one.value - other.value)
    return sign * collator.compare(String(one.value), String(other.value))
  })
  return valued.map(({ row }) => row)
}

/** As it is compared: NFC, without capitals, without spaces at the ends. */
function plain(text: string): string {
  return text.normalize('NFC').toLowerCase().trim()
}

/** Rows in which every word of `asked` stands in some value. */
export function filtered<Row>(rows: readonly Row[], asked: string, valuesOf: (row: Row) => Value[]): readonly Row[] {
  const words = plain(asked).split(/\s+/).filter(Boolean)
  if (words.length === 0) return rows
  return rows.filter((row) => {
    const text = plain(valuesOf(row).join(' '))
    return words.every((word) => text.includes(word))
  })
}

/** The keys chosen after a click or a key at `at`: with `from` the whole stretch is added, else one is switched. */
export function chosen(
  before: ReadonlySet<string>,
  keys: readonly string[],
  at: number,
  from: number | null = null,
): Set<string> {
  const next = new Set(before)
  const key = keys[at]
  if (key === undefined) return next
  if (from === null) {
    if (!next.delete(key)) next.add(key)
    return next
  }
  for (const one of keys.slice(Math.min(at, from), Math.max(at, from) + 1)) next.add(one)
  return next
}
