import { oneOf, wordsOf } from '../../text/search'

export interface HistorySearch {
  q?: string | undefined
  kind?: 'completion' | 'chat' | 'card' | undefined
  model?: string | undefined
  /** What it came of: the id of a card or of a saved prompt. */
  subject?: string | undefined
  /** From this day on: 2026-11-30. */
  from?: string | undefined
  trash?: '1' | undefined
}

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** ?q=&kind=&model=&subject=&from=&trash=1: which answers are listed. */
export const historySearch = (words: Record<string, unknown>): HistorySearch => {
  const from = wordsOf(words.from)
  return {
    q: wordsOf(words.q),
    kind: oneOf(words.kind, ['completion', 'chat', 'card']),
    model: wordsOf(words.model),
    subject: wordsOf(words.subject),
    from: from && DAY.test(from) ? from : undefined,
    trash: oneOf(words.trash, ['1']),
  }
}
