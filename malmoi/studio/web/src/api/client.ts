import { ApiError } from '../i18n/errors'

interface Options {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  body?: unknown
  headers?: Record<string, string>
  signal?: AbortSignal
}

/** fetch, with a refusal turned into an ApiError. */
export async function send(path: string, { method = 'GET', body, headers, signal }: Options = {}): Promise<Response> {
  const init: RequestInit = { method, headers: headers ?? {} }
  if (signal) init.signal = signal
  if (body !== undefined) {
    init.headers = { ...headers, 'Content-Type': 'application/json' }
    init.body = JSON.stringify(body)
  }
  const response = await fetch(path, init)
  if (response.ok) return response
  const answer: unknown = await response.json().catch(() => null)
  throw new ApiError(response.status, answer, response.headers.get('Retry-After'))
}

export async function getJson<T>(path: string, options: Options = {}): Promise<T> {
  return (await (await send(path, options)).json()) as T
}
