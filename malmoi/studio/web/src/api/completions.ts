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
