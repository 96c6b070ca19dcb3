import { oneOf, wholeOf, wordsOf } from '../../text/search'

/** ?status=dropped&reason=profanity&q=낱말&page=2: which documents are listed. What is missing asks for all. */
export interface DocumentsSearch {
  status?: 'kept' | 'dropped' | undefined
  reason?: string | undefined
  kind?: string | undefined
  source?: string | undefined
  q?: string | undefined
  page?: number | undefined
}

export const documentsSearch = (words: Record<string, unknown>): DocumentsSearch => ({
  status: oneOf(words.status, ['kept', 'dropped']),
  reason: wordsOf(words.reason),
  kind: wordsOf(words.kind),
  source: wordsOf(words.source),
  q: wordsOf(words.q),
  page: wholeOf(words.page, 1),
})
