/**
 * How many characters a person sees: NFC and whole graphemes, so a family emoji is 1 and decomposed Hangul counts as
 * whole syllables. Text of one code unit each (Hangul, ASCII, Hanja, punctuation) is counted by its length; only the
 * rest is cut by Intl.Segmenter, which takes 1 s for a million characters.
 */

/** No marks, joiners, surrogates, conjoining jamo or CR: each unit is one grapheme. */
const PLAIN_UNITS =
  '\\n\\t\\u0020-\\u007e\\u00a1-\\u00ac\\u00ae-\\u02ff\\u2010-\\u2027\\u3001-\\u3029\\u3041-\\u3096\\u30a1-\\u30ff\\u3131-\\u318e' +
  '\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7a3\\uff01-\\uff9d'
const PLAIN = new RegExp(`^[${PLAIN_UNITS}]*$`)
/** Plain units before another plain one: each is a grapheme of its own, whatever stands elsewhere. */
const RUN = new RegExp(`(?<!\\r)[${PLAIN_UNITS}]+(?=[${PLAIN_UNITS}]|$)`, 'g')

const PIECE = 2_048
const segmenter = new Intl.Segmenter('ko', { granularity: 'grapheme' })

/** Counts at once. */
export function graphemes(text: string): number {
  let total = 0
  for (const piece of pieces(text)) total += countPiece(piece)
  return total
}

/** Counts in slices of some milliseconds, so that a key that is pressed meanwhile is not kept waiting. */
export async function graphemesInTurn(text: string, signal: AbortSignal): Promise<number> {
  let total = 0
  let until = performance.now() + SLICE_MS
  for (const piece of pieces(text)) {
    total += countPiece(piece)
    if (performance.now() < until) continue
    await new Promise((next) => setTimeout(next))
    if (signal.aborted) throw signal.reason
    until = performance.now() + SLICE_MS
  }
  return total
}

const SLICE_MS = 6

function countPiece(piece: string): number {
  if (PLAIN.test(piece)) return piece.length
  let count = 0
  const rest = piece.normalize('NFC').replace(RUN, (run) => {
    count += run.length
    return ''
  })
  for (const _ of segmenter.segment(rest)) count += 1
  return count
}

/** Pieces of at most PIECE units (the segmenter's time grows with the square of a piece), none cut within a grapheme. */
function* pieces(text: string): Generator<string> {
  let start = 0
  while (start < text.length) {
    const end = start + PIECE < text.length ? cut(text, start, start + PIECE) : text.length
    yield text.slice(start, end)
    start = end
  }
}

/** The last place before `end` where one grapheme ends and the next begins. */
function cut(text: string, start: number, end: number): number {
  if (PLAIN.test(text[end - 1]!) && PLAIN.test(text[end]!)) return end
  const last = segmenter.segment(text.slice(Math.max(start, end - LONGEST), end + 1)).containing(LONGEST - 1)
  const place = end - LONGEST + (last?.index ?? 0)
  return place > start ? place : end
}

/** Units of the longest grapheme that is counted as one: an emoji of a family with skin tones has 29. */
const LONGEST = 64
