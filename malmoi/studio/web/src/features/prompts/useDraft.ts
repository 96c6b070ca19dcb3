import { useEffect, useState, useSyncExternalStore } from 'react'
import { newId, readDraft } from './draftStore'
import { beginSession, MOVED, openSession, type Session } from './session'
import { claim, own } from './tabs'

export type Opened =
  | { state: 'opening' }
  | { state: 'absent' }
  /** The draft goes on under another id: another tab has this one. */
  | { state: 'moved'; to: string }
  | { state: 'open'; session: Session }

/** Opens a draft for this tab. */
export function useDraft(id: string): Opened {
  const [opened, setOpened] = useState<Opened>(() => here(id) ?? { state: 'opening' })
  useEffect(() => {
    let isCurrent = true
    const known = here(id)
    setOpened(known ?? { state: 'opening' })
    if (!known) void open(id).then((found) => isCurrent && setOpened(found))
    const move = ({ detail }: CustomEvent<{ from: string; to: string }>) => {
      if (detail.from === id) setOpened({ state: 'moved', to: detail.to })
    }
    addEventListener(MOVED, move as EventListener)
    return () => {
      isCurrent = false
      removeEventListener(MOVED, move as EventListener)
    }
  }, [id])
  return opened
}

function here(id: string): Opened | undefined {
  const session = openSession(id)
  return session && { state: 'open', session }
}

async function open(id: string): Promise<Opened> {
  const isFree = await claim(id)
  const kept = await readDraft(id)
  const known = here(id)
  if (known) return known
  if (!kept) return { state: 'absent' }
  if (isFree) return { state: 'open', session: beginSession(id, kept.rev, kept.draft) }
  const copy = newId()
  own(copy)
  beginSession(copy, 0, kept.draft).edit((draft) => ({ ...draft }))
  return { state: 'moved', to: copy }
}

/** The draft as it is drawn: it changes when the writer rests. */
export function useShown(session: Session) {
  const draft = useSyncExternalStore(session.subscribe, session.shown)
  const edition = useSyncExternalStore(session.subscribe, session.edition)
  const trouble = useSyncExternalStore(session.subscribe, session.trouble)
  return { draft, edition, trouble }
}
