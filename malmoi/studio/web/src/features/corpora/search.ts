import type { Filter } from '../../api/queries'
import { oneOf, wordsOf } from '../../text/search'

/** ?status=dropped&reason=profanity&q=낱말&after=…: which documents are listed. What is missing asks for all; ?page= of old is left out. */
export type DocumentsSearch = Filter

export const documentsSearch = (words: Record<string, unknown>): DocumentsSearch => ({
  status: oneOf(words.status, ['kept', 'dropped']),
  reason: wordsOf(words.reason),
  kind: wordsOf(words.kind),
  source: wordsOf(words.source),
  q: wordsOf(words.q),
  after: wordsOf(words.after),
})
