import { useEffect, useState } from 'react'
import { keepRecentDraft } from '../../streams/recentDrafts'
import { recallJson, remember } from '../../ui/memory'

export type Mode = 'completion' | 'chat'

export interface Turn {
  id: number
  role: 'user' | 'assistant'
  text: string
}

export interface Draft {
  mode: Mode
  prompt: string
  system: string
  turns: Turn[]
}

const EMPTY: Draft = { mode: 'completion', prompt: '', system: '', turns: [] }

/** What is being written. It outlives a reload; `edition` changes when text boxes must take new text. */
export function useDraft(asked: Mode | undefined) {
  const [draft, setDraft] = useState<Draft>(() => {
    const kept = recallJson('draft', EMPTY)
    return { ...kept, mode: asked ?? kept.mode }
  })
  const [edition, setEdition] = useState(0)
  useEffect(() => {
    remember('draft', JSON.stringify(draft))
    const start = draft.mode === 'chat' ? (draft.turns.at(-1)?.text ?? draft.system) : draft.prompt
    keepRecentDraft({ id: 'draft', mode: draft.mode, title: '', start })
  }, [draft])

  const edit = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }))
  const replace = (part: Partial<Draft>) => {
    edit(part)
    setEdition((before) => before + 1)
  }
  const editTurn = (id: number, text: string) =>
    setDraft((before) => ({
      ...before,
      turns: before.turns.map((turn) => (turn.id === id ? { ...turn, text } : turn)),
    }))
  const addTurn = (role: Turn['role'], text: string) =>
    setDraft((before) => ({ ...before, turns: [...before.turns, newTurn(before.turns, role, text)] }))
  return { draft, edition, edit, replace, editTurn, addTurn }
}

export type DraftState = ReturnType<typeof useDraft>

export function newTurn(turns: Turn[], role: Turn['role'], text: string): Turn {
  return { id: Math.max(0, ...turns.map((turn) => turn.id)) + 1, role, text }
}
