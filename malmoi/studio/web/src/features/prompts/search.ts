import { oneOf, wholeOf, wordsOf } from '../../text/search'

/** ?mode=chat: which way of writing is open. ?prompt=&version=: the saved prompt that a new draft is made of. */
export const playSearch = (
  words: Record<string, unknown>,
): { mode?: 'completion' | 'chat' | undefined; prompt?: string | undefined; version?: number | undefined } => ({
  mode: oneOf(words.mode, ['completion', 'chat']),
  prompt: wordsOf(words.prompt),
  version: wholeOf(words.version, 1),
})

/** ?q=: words to find. ?show=trash: what was removed. */
export const promptsSearch = (
  words: Record<string, unknown>,
): { q?: string | undefined; show?: 'trash' | 'drafts' | undefined } => ({
  q: wordsOf(words.q),
  show: oneOf(words.show, ['trash', 'drafts']),
})

/** ?base=3&with=5: the two versions whose difference is shown. */
export const versionsSearch = (
  words: Record<string, unknown>,
): { base?: number | undefined; with?: number | undefined } => ({
  base: wholeOf(words.base, 1),
  with: wholeOf(words.with, 1),
})
