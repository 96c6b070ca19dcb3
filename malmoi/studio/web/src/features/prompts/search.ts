import { oneOf } from '../../text/search'

/** ?mode=chat: which way of writing is open. */
export const playSearch = (words: Record<string, unknown>): { mode?: 'completion' | 'chat' | undefined } => ({
  mode: oneOf(words.mode, ['completion', 'chat']),
})
