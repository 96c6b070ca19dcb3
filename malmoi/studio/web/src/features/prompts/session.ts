import { isOpen } from '../../streams/answer'
import { answerOf, subscribe as subscribeToAnswer } from '../../streams/store'
import { keepRecentDraft } from '../../streams/recentDrafts'
import { closeTurn, openAnswers, type Draft } from './draft'
import { keepAtOnce, newId, writeDraft } from './draftStore'
import { own } from './tabs'

/** How long a writer must rest before what was written is read from its box and kept. */
const REST_MS = 300
/** So long at most is anything only on the screen, however steadily somebody writes. */
const MOST_MS = 1_500

type Write = (draft: Draft, text: string) => Draft

/**
 * One draft as it is written. It lives as long as the tab: a page that goes takes nothing along. A key only notes which
 * box was written in; the text is read, counted and kept when the writer rests, on a run, and when the page is hidden.
 */
export interface Session {
  readonly id: string
  /** The draft with all that was written up to now. */
  now: () => Draft
  /** The draft as it was last read from the boxes: what is drawn. */
  shown: () => Draft
  subscribe: (listener: () => void) => () => void
  /** Changes the draft; the boxes keep their text. */
  edit: (change: (draft: Draft) => Draft) => void
  /** Changes the draft and puts its texts into the boxes. */
  replace: (change: (draft: Draft) => Draft) => void
  /** Notes that a box was written in. */
  touch: (field: string, read: () => string, write: Write) => void
  /** Changes whenever boxes must take new text. */
  edition: () => number
  /** Whether the browser could keep it; the error where it could not. */
  trouble: () => unknown
  /** Nothing more is kept: the draft was removed, or goes on under another id. */
  end: () => void
  /** Keeps now what was written up to now. */
  keep: () => Promise<void>
}

const sessions = new Map<string, Session>()

export function openSession(id: string): Session | undefined {
  return sessions.get(id)
}

/** Begins to write on a draft whose writing number `rev` was read; 0: it is new. */
export function beginSession(id: string, rev: number, first: Draft): Session {
  let draft = first
  let edition = 0
  let trouble: unknown = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let writing: Promise<void> | null = null
  let kept: Draft | null = rev > 0 ? first : null
  let since = 0
  let isOver = false
  const touched = new Map<string, { read: () => string; write: Write }>()
  const listeners = new Set<() => void>()
  const watched = new Set<string>()

  const tell = () => listeners.forEach((listener) => listener())
  const now = () => {
    if (touched.size === 0) return draft
    for (const { read, write } of touched.values()) draft = write(draft, read())
    touched.clear()
    return draft
  }
  const keep = () => {
    clearTimeout(timer)
    timer = undefined
    now()
    watch()
    tell()
    writing ??= write().finally(() => (writing = null))
    return writing
  }
  const write = async (): Promise<void> => {
    while (kept !== draft && !isOver) {
      const next = draft
      try {
        if ((await writeDraft(id, rev, next)) === 'elsewhere') return moveAway()
        rev += 1
        kept = next
        list(id, next)
        if (trouble !== null) {
          trouble = null
          tell()
        }
      } catch (error) {
        trouble = error
        return tell()
      }
    }
  }
  // Another tab has written under this id: what stands here goes on under a new one, and both texts stay.
  const moveAway = () => {
    const moved = newId()
    own(moved)
    session.end()
    beginSession(moved, 0, draft).edit((one) => ({ ...one }))
    dispatchEvent(new CustomEvent(MOVED, { detail: { from: id, to: moved } }))
  }
  const later = () => {
    const at = performance.now()
    if (timer === undefined) since = at
    clearTimeout(timer)
    timer = setTimeout(() => void keep(), Math.min(REST_MS, Math.max(0, since + MOST_MS - at)))
  }
  const change = (make: (draft: Draft) => Draft) => {
    draft = make(now())
    watch()
    tell()
    later()
  }
  // An answer that ends becomes a turn, whether or not its page is still there.
  const watch = () => {
    for (const answer of openAnswers(draft)) {
      if (watched.has(answer)) continue
      watched.add(answer)
      const look = () => {
        const found = answerOf(answer)
        if (isOpen(found)) return
        leave()
        session.edit((before) => closeTurn(before, answer, found.text))
      }
      const leave = subscribeToAnswer(answer, look)
      look()
    }
  }
  addEventListener('pagehide', () => {
    if (isOver || kept === now()) return
    keepAtOnce(id, rev, draft)
    void keep()
  })
  addEventListener('visibilitychange', () => document.hidden && !isOver && kept !== now() && void keep())

  const session: Session = {
    id,
    now,
    shown: () => draft,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    edit: change,
    replace: (make) => {
      edition += 1
      change(make)
    },
    touch: (field, read, write) => {
      touched.set(field, { read, write })
      later()
    },
    edition: () => edition,
    trouble: () => trouble,
    keep,
    end: () => {
      isOver = true
      clearTimeout(timer)
      sessions.delete(id)
    },
  }
  sessions.set(id, session)
  watch()
  return session
}

/** The first page leads back to what was written last. */
function list(id: string, { title, mode, prompt, system, composer, turns }: Draft): void {
  const texts = mode === 'completion' ? [prompt] : [turns[0]?.text ?? '', composer, system]
  const start = texts.find((text) => text.trim() !== '') ?? ''
  keepRecentDraft({ id, mode, title, start: start.slice(0, 1_000) })
}

export const MOVED = 'malmoi:draft-moved'
