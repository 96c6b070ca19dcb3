import { wordsOf } from '../../text/search'

/** ?next=/runs/demo: where one goes on after signing in. Only an address of this studio is taken. */
export const signInSearch = (said: Record<string, unknown>): { next?: string | undefined } => {
  const next = wordsOf(said.next)
  return { next: next && /^\/(?![/\\])/.test(next) ? next : undefined }
}
