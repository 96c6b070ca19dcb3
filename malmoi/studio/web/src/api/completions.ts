import { send } from './client'
import { jsonEvents } from './stream'

export type Role = 'system' | 'user' | 'assistant'

export interface Alternative {
  text: string
  logprob: number
}

/** One generated token with what else could have stood there. logprob in nats. */
export interface Token extends Alternative {
  top: Alternative[]
}

export interface Sampling {
  temperature: number
  top_p: number
  top_k: number | null
  repetition_penalty: number
  max_tokens: number
  seed: number | null
  /** One stop string per line; \n within a line stands for a line break. */
  stops: string
  probabilities: boolean
}

export interface Message {
  role: Role
  content: string
}

export interface Generation {
  path: '/v1/completions' | '/v1/chat/completions'
  body: Record<string, unknown>
}

export interface Usage {
  prompt_tokens: number
  completion_tokens: number
}

/** What one chunk of either stream adds. */
export interface Delta {
  text: string
  tokens: Token[]
  finish: string | null
  usage: Usage | null
}

const ALTERNATIVES = 5

export function stopStrings(lines: string): string[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replaceAll('\\n', '\n'))
}

function samplingFields(sampling: Sampling): Record<string, unknown> {
  const stop = stopStrings(sampling.stops)
  return {
    max_tokens: sampling.max_tokens,
    temperature: sampling.temperature,
    top_p: sampling.top_p,
    ...(sampling.top_k !== null && { top_k: sampling.top_k }),
    ...(sampling.repetition_penalty !== 1 && { repetition_penalty: sampling.repetition_penalty }),
    ...(sampling.seed !== null && { seed: sampling.seed }),
    ...(stop.length > 0 && { stop }),
  }
}

/** The server takes its only model where none is named (before the page knows it). */
function named(model: string): Record<string, string> {
  return model === '' ? {} : { model }
}

export function completion(model: string, prompt: string, sampling: Sampling): Generation {
  const body = {
    ...named(model),
    prompt,
    ...samplingFields(sampling),
    ...(sampling.probabilities && { logprobs: ALTERNATIVES }),
  }
  return { path: '/v1/completions', body }
}

export function chat(model: string, messages: Message[], sampling: Sampling): Generation {
  const asked = sampling.probabilities && { logprobs: true, top_logprobs: ALTERNATIVES }
  return { path: '/v1/chat/completions', body: { ...named(model), messages, ...samplingFields(sampling), ...asked } }
}

/** Sends the request and gives the answer piece by piece; aborting `signal` closes the connection. */
export async function* stream(generation: Generation, signal: AbortSignal): AsyncGenerator<Delta> {
  const body = { ...generation.body, stream: true, stream_options: { include_usage: true } }
  const response = await send(generation.path, { method: 'POST', body, signal })
  for await (const chunk of jsonEvents<Chunk>(response)) {
    const choice = chunk.choices[0]
    yield {
      text: choice?.delta?.content ?? choice?.text ?? '',
      tokens: choice?.logprobs ? readTokens(choice.logprobs) : [],
      finish: choice?.finish_reason ?? null,
      usage: chunk.usage ?? null,
    }
  }
}

interface ChatLogprobs {
  content: { token: string; logprob: number; top_logprobs: { token: string; logprob: number }[] }[] | null
}

interface CompletionLogprobs {
  tokens: string[]
  token_logprobs: (number | null)[]
  top_logprobs: (Record<string, number> | null)[] | null
}

interface Chunk {
  choices: {
    delta?: { content?: string }
    text?: string
    logprobs?: ChatLogprobs | CompletionLogprobs | null
    finish_reason: string | null
  }[]
  usage?: Usage | null
}

function readTokens(logprobs: ChatLogprobs | CompletionLogprobs): Token[] {
  if ('tokens' in logprobs) {
    return logprobs.tokens.map((text, place) => ({
      text,
      logprob: logprobs.token_logprobs[place] ?? 0,
      top: bestFirst(
        Object.entries(logprobs.top_logprobs?.[place] ?? {}).map(([key, value]) => alternative(key, value)),
      ),
    }))
  }
  return (logprobs.content ?? []).map(({ token, logprob, top_logprobs }) => ({
    text: token,
    logprob,
    top: bestFirst(top_logprobs.map((other) => alternative(other.token, other.logprob))),
  }))
}

function alternative(text: string, logprob: number): Alternative {
  return { text, logprob }
}

function bestFirst(alternatives: Alternative[]): Alternative[] {
  return alternatives.sort((one, other) => other.logprob - one.logprob)
}
