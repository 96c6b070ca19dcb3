/** What a person wrote into a field, as the value that the recipe takes, and back. No React here. */
import type { JobField } from '../../api/schema'

/** A value of a setting that is not off. */
export type Value = NonNullable<JobField['value']>

/** The text of a field for a value; nothing for a setting that is off. */
export function shownOf(value: Value | null): string {
  return Array.isArray(value) ? value.join(', ') : value === null ? '' : String(value)
}

/**
 * The value that a text stands for. A text that is no such value goes to the server as it is, which then says what it
 * expects: the rules are the command line's, and stand there alone.
 */
export function valueOf(text: string, type: JobField['type']): Value {
  if (type === 'int' || type === 'float') return number(text)
  if (type === 'bool' || type === 'flag') return text === 'true'
  if (type === 'texts') return parts(text)
  if (type === 'numbers') {
    const values = parts(text).map(number)
    return values.every((value) => typeof value === 'number') ? values : parts(text)
  }
  return text
}

/** The changes with one more, or without it where the field says again what the recipe says. */
export function changed(changes: Record<string, Value>, field: JobField, text: string): Record<string, Value> {
  const { [field.key]: _, ...rest } = changes
  const same = text.trim() === '' || text === shownOf(field.value)
  return same ? rest : { ...rest, [field.key]: valueOf(text.trim(), field.type) }
}

function parts(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** 1_000 and 1,000 are 1000 as people write it; 1e-3 is a number too. */
function number(text: string): number | string {
  const plain = text.replaceAll(/(?<=\d)[_,](?=\d{3}(\D|$))/g, '')
  return plain.trim() !== '' && Number.isFinite(Number(plain)) ? Number(plain) : text
}
