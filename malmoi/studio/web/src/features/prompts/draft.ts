import type { Sampling } from '../../api/completions'

export type Mode = 'completion' | 'chat'

export interface Turn {
  id: number
  role: 'user' | 'assistant'
  text: string
  /** The answer that this turn comes from. */
  answer?: string
  /** The answer is under way: its text is not here yet. */
  isOpen?: boolean
}

/** Ways that a conversation went on after the turn `after` (0: from its beginning). The one shown is in `turns`. */
export interface Branch {
  after: number
  tails: Turn[][]
  shown: number
}

/** A row of the table of examples: what stands for each variable, and the answer. */
export interface Example {
  values: Record<string, string>
  answer: string
}

export interface Talk {
  turns: Turn[]
  branches: Branch[]
}

/** What is being written. It belongs to one tab; `promptId` and `base` say which version it was made on. */
export interface Draft extends Talk {
  mode: Mode
  prompt: string
  system: string
  /** So many of the oldest turns stay on the page and are not sent. */
  skipped: number
  /** The message that is not sent yet. */
  composer: string
  /** The answer to the conversation that was asked last. */
  asked: string | null
  /** The answers to the prompt, the oldest first, and which one is shown. */
  answers: string[]
  shown: number
  sampling: Sampling
  variables: Record<string, string>
  examples: Example[]
  model: string
  promptId: string | null
  title: string
  base: number | null
  /** The body as it was last saved or opened, to know whether anything has changed since. */
  saved: string
}

export const SAMPLING: Sampling = {
  temperature: 0.8,
  top_p: 0.95,
  top_k: null,
  repetition_penalty: 1.1,
  max_tokens: 128,
  seed: null,
  stops: '',
  probabilities: false,
}

export function emptyDraft(mode: Mode = 'completion'): Draft {
  const draft: Draft = {
    mode,
    prompt: '',
    system: '',
    turns: [],
    branches: [],
    skipped: 0,
    composer: '',
    asked: null,
    answers: [],
    shown: 0,
    sampling: SAMPLING,
    variables: {},
    examples: [],
    model: '',
    promptId: null,
    title: '',
    base: null,
    saved: '',
  }
  return { ...draft, saved: bodyText(draft) }
}

/** What the store keeps of a prompt: the same for the same content. */
export interface Body {
  draft: { mode: Mode; prompt: string; system: string; turns: { role: Turn['role']; text: string }[] }
  sampling: Partial<Sampling>
  variables?: Record<string, string>
  examples?: Example[]
}

export function bodyOf(draft: Draft): Body {
  const { mode, prompt, system, turns, sampling, variables, examples } = draft
  const said = turns.filter(({ text }) => text !== '').map(({ role, text }) => ({ role, text }))
  return { draft: { mode, prompt, system, turns: said }, sampling, variables, examples }
}

export function bodyText(draft: Draft): string {
  return JSON.stringify(bodyOf(draft))
}

export function isChanged(draft: Draft): boolean {
  return bodyText(draft) !== draft.saved
}

/** Whether there is nothing in a draft that a person could miss. */
export function isBlank(draft: Draft): boolean {
  const { prompt, system, composer, turns, examples } = draft
  return [prompt, system, composer].every((text) => text === '') && turns.length === 0 && examples.length === 0
}

/** A draft of a saved version. Fields of a body that another program wrote and that are not ours are left out. */
export function draftOf(prompt: { id: string; title: string }, n: number, body: unknown): Draft {
  const { draft, sampling, variables, examples } = (body ?? {}) as Partial<Body>
  const empty = emptyDraft()
  const turns = Array.isArray(draft?.turns) ? draft.turns : []
  const opened: Draft = {
    ...empty,
    mode: draft?.mode === 'chat' ? 'chat' : 'completion',
    prompt: String(draft?.prompt ?? ''),
    system: String(draft?.system ?? ''),
    turns: turns.map(({ role, text }, place) => ({ id: place + 1, role, text })),
    sampling: { ...SAMPLING, ...sampling },
    variables: variables ?? {},
    examples: examples ?? [],
    promptId: prompt.id,
    title: prompt.title,
    base: n,
  }
  return { ...opened, saved: bodyText(opened) }
}

/** Most answers to one prompt that a draft leads back to; all of them are in the history. */
const MOST_ANSWERS = 50

export function withAnswer(draft: Draft, id: string): Draft {
  const answers = [...draft.answers, id].slice(-MOST_ANSWERS)
  return { ...draft, answers, shown: answers.length - 1 }
}

/** What came of a turn's answer. One that said nothing is no turn. */
export function closeTurn(draft: Draft, answer: string, text: string): Draft {
  const close = (turns: Turn[]) =>
    turns.flatMap((turn) => {
      if (turn.answer !== answer || !turn.isOpen) return [turn]
      const { isOpen: _, ...closed } = turn
      return text === '' ? [] : [{ ...closed, text }]
    })
  const branches = draft.branches.map((branch) => ({ ...branch, tails: branch.tails.map(close) }))
  return { ...draft, turns: close(draft.turns), branches }
}

/** The answers that are under way, in every branch. */
export function openAnswers({ turns, branches }: Talk): string[] {
  const all = [...turns, ...branches.flatMap(({ tails }) => tails.flat())]
  return all.flatMap(({ answer, isOpen }) => (isOpen && answer ? [answer] : []))
}

/** An id that no turn of the talk has, nor one of its other branches. */
export function newTurnId({ turns, branches }: Talk): number {
  const tails = branches.flatMap(({ tails }) => tails.flat())
  return [...turns, ...tails].reduce((most, { id }) => Math.max(most, id), 0) + 1
}

/**
 * The talk up to `place`, ready to go on another way. What followed is kept as a branch that can be shown again; a
 * branch that is shown now is put away first.
 */
export function branchAt(talk: Talk, place: number): Talk {
  const kept = talk.turns.slice(0, place)
  const tail = talk.turns.slice(place)
  if (tail.length === 0) return talk
  const after = kept.at(-1)?.id ?? 0
  const found = talk.branches.find((branch) => branch.after === after)
  if (!found) {
    return { turns: kept, branches: [...talk.branches, { after, tails: [tail, []], shown: 1 }] }
  }
  const tails = put(found.tails, found.shown, tail)
  const branch = { ...found, tails: [...tails, []], shown: tails.length }
  return { turns: kept, branches: talk.branches.map((one) => (one === found ? branch : one)) }
}

/** Shows another of the ways in which the talk went on after a turn. */
export function showBranch(talk: Talk, after: number, shown: number): Talk {
  const found = talk.branches.find((branch) => branch.after === after)
  const place = placeAfter(talk.turns, after)
  if (!found || place === null || !found.tails[shown] || shown === found.shown) return talk
  const branch = { ...found, tails: put(found.tails, found.shown, talk.turns.slice(place)), shown }
  return {
    turns: [...talk.turns.slice(0, place), ...found.tails[shown]],
    branches: talk.branches.map((one) => (one === found ? branch : one)),
  }
}

/** The branch that a turn begins, where there is more than one way. */
export function branchOf(talk: Talk, place: number): Branch | null {
  const after = place === 0 ? 0 : (talk.turns[place - 1]?.id ?? 0)
  return talk.branches.find((branch) => branch.after === after && branch.tails.length > 1) ?? null
}

/** Takes one turn out of the talk; branches that came after it go on after the turn before. */
export function removeTurn(talk: Talk, id: number): Talk {
  const place = talk.turns.findIndex((turn) => turn.id === id)
  if (place < 0) return talk
  const before = talk.turns[place - 1]?.id ?? 0
  const taken = talk.branches.some(({ after }) => after === before)
  return {
    turns: talk.turns.filter((turn) => turn.id !== id),
    branches: talk.branches.map((branch) => (branch.after === id && !taken ? { ...branch, after: before } : branch)),
  }
}

function placeAfter(turns: Turn[], after: number): number | null {
  if (after === 0) return 0
  const place = turns.findIndex(({ id }) => id === after)
  return place < 0 ? null : place + 1
}

function put<T>(list: T[], place: number, value: T): T[] {
  return list.map((one, at) => (at === place ? value : one))
}
