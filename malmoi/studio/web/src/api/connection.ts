import { useSyncExternalStore } from 'react'

/** Whether the server answers. One state for the whole tab; pages and the chip in the top bar read it. */
export type Connection = 'there' | 'lost'

const ASK_EVERY_MS = 2_500
/** While the server is away it is asked more often, so that pages mend themselves soon. */
const ASK_LOST_EVERY_MS = 1_000
const PATIENCE_MS = 1_500

let state: Connection = 'there'
let heardAt = 0
const listeners = new Set<() => void>()

function set(next: Connection): void {
  if (next === 'there') heardAt = Date.now()
  if (next === state) return
  state = next
  for (const listener of listeners) listener()
}

/** Something came from the server just now: a stream that is open calls this, and the server need not be asked. */
export const heard = () => set('there')

/** A request got no answer at all: the server is asked at once, rather than at the next turn. */
export const unheard = () => void isServerThere()

/** Asks the server whether it is there, waits at most PATIENCE_MS, and keeps the answer as the state. */
export async function isServerThere(): Promise<boolean> {
  const there = await fetch('/health', { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) }).then(
    // 503 is an answer too: the server is there, its engine is not.
    () => true,
    () => false,
  )
  set(there ? 'there' : 'lost')
  return there
}

/** Asks the server now and then for as long as the tab is open; `back` is called each time it is there again. */
export function watchConnection(back: () => void): void {
  let before = state
  listeners.add(() => {
    if (before === 'lost' && state === 'there') back()
    before = state
  })
  const ask = async () => {
    const every = state === 'lost' ? ASK_LOST_EVERY_MS : ASK_EVERY_MS
    // A hidden tab asks nothing; it asks at once when it is seen again.
    if (!document.hidden && Date.now() - heardAt >= every) await isServerThere()
    setTimeout(() => void ask(), state === 'lost' ? ASK_LOST_EVERY_MS : ASK_EVERY_MS)
  }
  document.addEventListener('visibilitychange', () => !document.hidden && void isServerThere())
  void ask()
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (changed) => {
      listeners.add(changed)
      return () => listeners.delete(changed)
    },
    () => state,
  )
}
