/** Above this many units a text stands in pieces: in one box each key would lay all of it out again (0.5 s at 3 M). */
export const LONG = 100_000
const PIECE = 20_000

/** Pieces of whole lines, each without the line break that ends it; a longer line is cut where it must be. */
export function pieces(text: string): string[] {
  const found: string[] = []
  let start = 0
  while (text.length - start > PIECE) {
    const end = text.lastIndexOf('\n', start + PIECE)
    if (end < start) {
      // One line of more than a piece stays one piece: a break that nobody wrote would be added to it.
      const next = text.indexOf('\n', start + PIECE)
      if (next < 0) break
      found.push(text.slice(start, next))
      start = next + 1
    } else {
      found.push(text.slice(start, end))
      start = end + 1
    }
  }
  return [...found, text.slice(start)]
}
