import { getJson } from '../../api/client'
import type { PromptVersion, SavedPrompt } from '../../api/schema'
import { forget, recall } from '../../ui/memory'
import { draftOf, emptyDraft, isBlank, SAMPLING, type Draft, type Mode } from './draft'
import { draftHere, newId, readDraft, rememberHere } from './draftStore'
import { beginSession, openSession } from './session'
import { own } from './tabs'

/** Of this tab: the draft that /play leads to. */
const PLAY = 'play'

interface Wanted {
  mode?: Mode | undefined
  prompt?: string | undefined
  version?: number | undefined
}

/** The id of the draft that an address without one stands for. It is made where this tab has none. */
export async function draftFor({ prompt, version, mode }: Wanted): Promise<string> {
  const object = prompt === undefined ? PLAY : `${prompt}@${version ?? ''}`
  const here = draftHere(object)
  if (here !== null && (openSession(here) || (await readDraft(here)))) return here
  if (prompt === undefined) return begin(object, earlier() ?? emptyDraft(mode))
  const saved = await getJson<SavedPrompt>(`/api/prompts/${encodeURIComponent(prompt)}`)
  if (version === undefined || version === saved.n) return begin(object, draftOf(saved, saved.n, saved.version.body))
  const old = await getJson<PromptVersion>(`/api/prompts/${encodeURIComponent(prompt)}/versions/${version}`)
  // It is saved on the newest: to run an old version and to save it is to roll back.
  return begin(object, { ...draftOf(saved, saved.n, old.body), saved: '' })
}

/** A draft with nothing in it, or with what is given. The one that was open stays in the list of drafts. */
export function newDraft(mode?: Mode, given?: Draft): string {
  return begin(PLAY, given ?? emptyDraft(mode))
}

function begin(object: string, draft: Draft): string {
  const id = newId()
  own(id)
  rememberHere(object, id)
  const session = beginSession(id, 0, draft)
  if (!isBlank(draft)) session.edit((now) => ({ ...now }))
  return id
}

/** The draft that studios before this one kept, once. */
function earlier(): Draft | null {
  try {
    const kept = JSON.parse(recall('draft') ?? 'null') as Partial<Draft> | null
    if (!kept) return null
    const { mode, prompt, system, turns } = kept
    const sampling = { ...SAMPLING, ...(JSON.parse(recall('sampling') ?? '{}') as object) }
    const body = { draft: { mode, prompt, system, turns }, sampling }
    forget('draft')
    forget('sampling')
    return { ...draftOf({ id: '', title: '' }, 0, body), promptId: null, base: null, saved: '' }
  } catch {
    return null
  }
}
