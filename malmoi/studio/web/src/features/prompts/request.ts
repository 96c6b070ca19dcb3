import { stopStrings, type Message, type Sampling } from '../../api/completions'
import { bodyOf, type Body, type Draft } from './draft'

/**
 * The request that a prompt makes. The same rules are in malmoi/studio/prompts/content.py, where a prompt that is called
 * by its name is filled in; tests/studio/prompt_requests.json holds cases for both.
 */

const VARIABLE = /\{\{\s*([^\s{}](?:[^{}]*[^\s{}])?)\s*\}\}/g

/** The names between {{ and }}, each once, in their order. */
export function variablesIn(texts: string[]): string[] {
  const names = texts.flatMap((text) => [...text.matchAll(VARIABLE)].map(([, name]) => name!.normalize('NFC')))
  return [...new Set(names)]
}

export function variablesOf({ draft }: Body): string[] {
  if (draft.mode === 'completion') return variablesIn([draft.prompt])
  return variablesIn([draft.system, ...draft.turns.map(({ text }) => text)])
}

/** Writes values where a text names them; a name without a value stays as it is. */
export function fillIn(text: string, values: Record<string, string>): string {
  if (!text.includes('{{')) return text
  const known = composed(values)
  return text.replace(VARIABLE, (whole, name: string) => known[name.normalize('NFC')] || whole)
}

/** The variables that have no value yet. */
export function missing(body: Body, given: Record<string, string> = {}): string[] {
  const values = composed({ ...body.variables, ...given })
  return variablesOf(body).filter((name) => !values[name])
}

export function promptOf(body: Body, given: Record<string, string> = {}): string {
  const { draft, examples = [] } = body
  const values = { ...body.variables, ...given }
  const shots = examples.map((example) => fillIn(draft.prompt, { ...values, ...own(example.values) }) + example.answer)
  return [...shots, fillIn(draft.prompt, values)].join('\n\n')
}

export function messagesOf(body: Body, given: Record<string, string> = {}): Message[] {
  const { draft, examples = [] } = body
  const values = { ...body.variables, ...given }
  const said = draft.turns.filter(({ text }) => text.trim() !== '')
  const asked = said.find(({ role }) => role === 'user')?.text ?? ''
  const system: Message[] =
    draft.system.trim() === '' ? [] : [{ role: 'system', content: fillIn(draft.system, values) }]
  const shots = examples.flatMap((example): Message[] => [
    { role: 'user', content: fillIn(asked, { ...values, ...own(example.values) }) },
    { role: 'assistant', content: example.answer },
  ])
  return [...system, ...shots, ...said.map(({ role, text }) => ({ role, content: fillIn(text, values) }))]
}

/** The parameters that are set, in the words of /v1. */
export function samplingOf(sampling: Partial<Sampling>): Record<string, unknown> {
  const names = ['max_tokens', 'temperature', 'top_p', 'top_k', 'repetition_penalty', 'seed'] as const
  const fields = names.flatMap((name) => (sampling[name] == null ? [] : [[name, sampling[name]] as const]))
  const stop = stopStrings(sampling.stops ?? '')
  return { ...Object.fromEntries(fields), ...(stop.length > 0 && { stop }) }
}

/** An empty cell of an example leaves the prompt's own value. */
function own(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ''))
}

function composed(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name.normalize('NFC'), value]))
}

const ALTERNATIVES = 5

/** A request as a program would send it. */
export interface Call {
  kind: 'completion' | 'chat'
  path: '/v1/completions' | '/v1/chat/completions'
  body: Record<string, unknown>
}

/** What 실행 sends. room: the most tokens that the answer may have, where less is left than was asked for. */
export function callOf(
  draft: Draft,
  { given = {}, room }: { given?: Record<string, string>; room?: number } = {},
): Call {
  const body = bodyOf({ ...draft, turns: draft.turns.slice(draft.skipped) })
  const { sampling } = draft
  const fields: Record<string, unknown> = { ...(draft.model && { model: draft.model }) }
  const draw = samplingOf(sampling)
  if (room !== undefined) draw.max_tokens = Math.min(sampling.max_tokens, room)
  if (draft.mode === 'completion') {
    const asked = sampling.probabilities && { logprobs: ALTERNATIVES }
    const prompt = promptOf(body, given)
    return { kind: 'completion', path: '/v1/completions', body: { ...fields, prompt, ...draw, ...asked } }
  }
  const asked = sampling.probabilities && { logprobs: true, top_logprobs: ALTERNATIVES }
  const messages = messagesOf(body, given)
  return { kind: 'chat', path: '/v1/chat/completions', body: { ...fields, messages, ...draw, ...asked } }
}
