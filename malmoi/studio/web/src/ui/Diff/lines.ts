import { diffArrays } from 'diff'

/** A stretch of a line; `changed` is what the other text does not have. */
export interface Part {
  text: string
  changed: boolean
}

export interface Line {
  kind: 'same' | 'removed' | 'added'
  parts: Part[]
  /** Line numbers from 1 in the old and the new text. */
  before: number | null
  after: number | null
}

/** Two texts as lines side by side or one under the other. A changed line says which words changed. */
export function diffLines(before: string, after: string): Line[] {
  const lines: Line[] = []
  let [old, now] = [0, 0]
  const add = (kind: Line['kind'], parts: Part[]) => {
    if (kind !== 'added') old += 1
    if (kind !== 'removed') now += 1
    lines.push({ kind, parts, before: kind === 'added' ? null : old, after: kind === 'removed' ? null : now })
  }
  const runs = diffArrays(split(before), split(after))
  for (let at = 0; at < runs.length; at += 1) {
    const run = runs[at]!
    const next = runs[at + 1]
    if (!run.added && !run.removed) for (const text of run.value) add('same', [{ text, changed: false }])
    else if (run.removed && next?.added) {
      const pairs = words(run.value, next.value)
      for (const parts of pairs.removed) add('removed', parts)
      for (const parts of pairs.added) add('added', parts)
      at += 1
    } else for (const text of run.value) add(run.added ? 'added' : 'removed', [{ text, changed: true }])
  }
  return lines
}

/** The texts are compared as they are read: the same syllable in NFD and NFC is no change. */
function split(text: string): string[] {
  return text === '' ? [] : text.normalize('NFC').split(/\r\n|\r|\n/)
}

/** Words, spaces and signs. The library's own words end at every Hangul syllable. */
const WORDS = /\s+|[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_]/gu

/** The words that changed in lines that stand opposite each other; lines without an opposite changed whole. */
function words(removed: string[], added: string[]): { removed: Part[][]; added: Part[][] } {
  const both = { removed: [] as Part[][], added: [] as Part[][] }
  const pairs = Math.min(removed.length, added.length)
  for (let at = 0; at < pairs; at += 1) {
    const changes = diffArrays(removed[at]!.match(WORDS) ?? [], added[at]!.match(WORDS) ?? [])
    const side = (left: 'added' | 'removed', changed: 'removed' | 'added') =>
      changes
        .filter((change) => !change[left])
        .map((change) => ({ text: change.value.join(''), changed: change[changed] }))
    both.removed.push(side('added', 'removed'))
    both.added.push(side('removed', 'added'))
  }
  const whole = (text: string): Part[] => [{ text, changed: true }]
  both.removed.push(...removed.slice(pairs).map(whole))
  both.added.push(...added.slice(pairs).map(whole))
  return both
}
