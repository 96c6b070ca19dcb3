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

export function stopStrings(lines: string): string[] {
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replaceAll('\\n', '\n'))
}
