import { createStore, del, get, set, update, values } from 'idb-keyval'
import { forgetRecentDraft } from '../../streams/recentDrafts'
import type { Draft, Mode } from './draft'

/**
 * Drafts in the browser's database. Each belongs to one tab at a time: `rev` counts its writings, and who writes on
 * another rev than the one that was read does not write at all. A small store beside it holds what a list shows.
 */
export interface Kept {
  id: string
  rev: number
  at: number
  draft: Draft
}

export interface Head {
  id: string
  at: number
  title: string
  mode: Mode
  line: string
  promptId: string | null
}

const drafts = createStore('malmoi-drafts', 'drafts')
const heads = createStore('malmoi-draft-heads', 'heads')
const BACKUP = 'malmoi.unsaved.'

export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** A draft, or what a page that was closed in the middle of a writing left beside it. */
export async function readDraft(id: string): Promise<Kept | undefined> {
  const kept = await get<Kept>(id, drafts).catch(() => undefined)
  const left = readBackup(id)
  return left && left.rev > (kept?.rev ?? 0) ? left : kept
}

/** Writes a draft. 'elsewhere': another tab wrote it since `rev` was read; nothing is written then. */
export async function writeDraft(id: string, rev: number, draft: Draft): Promise<'written' | 'elsewhere'> {
  let isOurs = true
  const kept: Kept = { id, rev: rev + 1, at: Date.now(), draft }
  await update<Kept>(
    id,
    (before) => {
      isOurs = !before || before.rev <= rev
      return isOurs ? kept : before!
    },
    drafts,
  )
  if (!isOurs) return 'elsewhere'
  await set(id, headOf(kept), heads)
  dropBackup(id, kept.rev)
  return 'written'
}

export async function listDrafts(): Promise<Head[]> {
  await takeInBackups()
  const all = await values<Head>(heads)
  return all.sort((one, other) => other.at - one.at)
}

/** Removes a draft and gives it back, so that it can be put back. */
export async function removeDraft(id: string): Promise<Kept | undefined> {
  const kept = await readDraft(id)
  await Promise.all([del(id, drafts), del(id, heads)])
  dropBackup(id, Infinity)
  forgetRecentDraft(id)
  return kept
}

export async function restoreDraft(kept: Kept): Promise<void> {
  await set(kept.id, kept, drafts)
  await set(kept.id, headOf(kept), heads)
}

/** When the page goes, the database may not finish: what is small enough is kept at once beside it. */
export function keepAtOnce(id: string, rev: number, draft: Draft): void {
  const kept: Kept = { id, rev: rev + 1, at: Date.now(), draft }
  try {
    localStorage.setItem(BACKUP + id, JSON.stringify(kept))
  } catch {
    // Too large for it: the writing to the database has begun too.
  }
}

function readBackup(id: string): Kept | undefined {
  try {
    const text = localStorage.getItem(BACKUP + id)
    return text === null ? undefined : (JSON.parse(text) as Kept)
  } catch {
    return undefined
  }
}

/** What pages that were closed in the middle of a writing left behind becomes a draft like the others. */
async function takeInBackups(): Promise<void> {
  const ids = Object.keys(localStorage).flatMap((key) => (key.startsWith(BACKUP) ? [key.slice(BACKUP.length)] : []))
  for (const id of ids) {
    const left = readBackup(id)
    const kept = await get<Kept>(id, drafts)
    if (left && left.rev > (kept?.rev ?? 0)) await restoreDraft(left)
    dropBackup(id, left?.rev ?? 0)
  }
}

function dropBackup(id: string, rev: number): void {
  const left = readBackup(id)
  if (left && left.rev <= rev) localStorage.removeItem(BACKUP + id)
}

const LINE = 120

function headOf({ id, at, draft }: Kept): Head {
  const { title, mode, promptId } = draft
  const texts = mode === 'completion' ? [draft.prompt] : [draft.turns[0]?.text ?? '', draft.composer, draft.system]
  const line = texts.map((text) => text.slice(0, 2_000).trimStart().split('\n', 1)[0]!).find((text) => text !== '')
  return { id, at, title, mode, promptId, line: (line ?? '').slice(0, LINE) }
}

/** Which draft this tab has open for an object, so that it comes back to it. */
export function draftHere(object: string): string | null {
  try {
    return sessionStorage.getItem(`malmoi.draft.${object}`)
  } catch {
    return null
  }
}

export function rememberHere(object: string, id: string): void {
  try {
    sessionStorage.setItem(`malmoi.draft.${object}`, id)
  } catch {
    // Refused storage: the address still leads back to the draft.
  }
}
