import { ApiError } from '../i18n/errors'

interface Options {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

let csrf = ''

/** From now on whatever changes something brings this token of the session; no other page knows it. */
export function bringBack(token: string): void {
  csrf = token
}

/** fetch, with a refusal turned into an ApiError. */
export async function send(path: string, { method = 'GET', body, headers, signal }: Options = {}): Promise<Response> {
  const init: RequestInit = { method }
  if (signal) init.signal = signal
  const sent: Record<string, string> = { ...headers }
  if (method !== 'GET' && csrf) sent['X-Malmoi-CSRF'] = csrf
  if (body !== undefined) {
    sent['Content-Type'] = 'application/json'
    init.body = JSON.stringify(body)
  }
  init.headers = sent
  const response = await fetch(path, init)
  if (response.ok) return response
  const answer: unknown = await response.json().catch(() => null)
  throw new ApiError(response.status, answer)
}

export async function getJson<T>(path: string, options: Options = {}): Promise<T> {
  return (await (await send(path, options)).json()) as T
}
