import { recall, remember } from '../ui/memory'

/** A text that was being written in this browser: enough to find it again. */
export interface RecentDraft {
  id: string
  mode: 'completion' | 'chat'
  /** The name under which it was saved, if it was. */
  title: string
  /** How the text begins. */
  start: string
  /** When it was last changed, in milliseconds since 1970. */
  at: number
}

const KEY = 'recent_drafts'
const MOST = 20
const START_CHARS = 120

/** The texts that were written last, the newest first. */
export function recentDrafts(): RecentDraft[] {
  try {
    const kept: unknown = JSON.parse(recall(KEY) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isDraft) : []
  } catch {
    return []
  }
}

/** Call it whenever a draft was kept: it becomes the first of the list. A draft without any text is none. */
export function keepRecentDraft(draft: Omit<RecentDraft, 'at'>): void {
  const start = [...draft.start.trim()].slice(0, START_CHARS).join('')
  if (start === '') return forgetRecentDraft(draft.id)
  const others = recentDrafts().filter(({ id }) => id !== draft.id)
  remember(KEY, JSON.stringify([{ ...draft, start, at: Date.now() }, ...others].slice(0, MOST)))
}

export function forgetRecentDraft(gone: string): void {
  remember(KEY, JSON.stringify(recentDrafts().filter(({ id }) => id !== gone)))
}

function isDraft(value: unknown): value is RecentDraft {
  const { id, start, at } = (value ?? {}) as Partial<RecentDraft>
  return typeof id === 'string' && typeof start === 'string' && typeof at === 'number'
}
