import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { getJson } from './client'
import type { Replies, RunSummary } from './schema'

const LIVE_MS = 2_000
const SLOW_MS = 15_000
/** A run that wrote nothing for this long is taken for stopped, and asked after only now and then. */
const QUIET_S = 120

/** What a route answers, as the server's own schema says. */
const get = <Route extends keyof Replies>(_route: Route, path: string) => getJson<Replies[Route]>(path)

const run = (name: string) => `/api/runs/${encodeURIComponent(name)}`

export const about = () => queryOptions({ queryKey: ['about'], queryFn: () => get('GET /api/about', '/api/about') })

export const cards = () =>
  queryOptions({
    queryKey: ['cards'],
    queryFn: async () => (await get('GET /api/cards', '/api/cards')).cards,
    staleTime: Infinity,
  })

/** The first prompts that have all of the words. */
export const promptsOf = (words: string, limit: number) =>
  queryOptions({
    queryKey: ['prompts', 'of', words, limit],
    queryFn: () => get('GET /api/prompts', `/api/prompts?${new URLSearchParams({ q: words, limit: `${limit}` })}`),
  })

export const runs = () =>
  queryOptions({
    queryKey: ['runs'],
    queryFn: async () => (await get('GET /api/runs', '/api/runs')).runs,
    refetchInterval: ({ state }) => (state.data?.some(isGoingOn) ? LIVE_MS : SLOW_MS),
  })

export function isGoingOn(summary: RunSummary): boolean {
  return !summary.finished && summary.updated !== null && Date.now() / 1000 - summary.updated < QUIET_S
}

/** How often to ask after a run: a finished one never changes. */
function pace(summary: RunSummary): number | false {
  if (summary.finished) return false
  return isGoingOn(summary) ? LIVE_MS : SLOW_MS
}

export const runDetail = (summary: RunSummary) =>
  queryOptions({
    queryKey: ['runs', summary.name],
    queryFn: () => get('GET /api/runs/{run}', run(summary.name)),
    refetchInterval: pace(summary),
  })

export const loss = (summary: RunSummary) =>
  queryOptions({
    queryKey: ['runs', summary.name, 'loss'],
    queryFn: () => get('GET /api/runs/{run}/loss', `${run(summary.name)}/loss?points=600`),
    refetchInterval: pace(summary),
  })

export const corpus = (name: string) =>
  queryOptions({
    queryKey: ['runs', name, 'corpus'],
    queryFn: () => get('GET /api/runs/{run}/corpus', `${run(name)}/corpus`),
  })

/** Which documents are listed; what is left out asks for all. */
export interface Filter {
  status?: 'kept' | 'dropped' | undefined
  reason?: string | undefined
  kind?: string | undefined
  source?: string | undefined
  q?: string | undefined
  /** A place that a page gave; nothing for the first page. */
  after?: string | undefined
}

const DOCUMENTS_PER_PAGE = 100

export const documents = (name: string, filter: Filter) => {
  const query = new URLSearchParams({ size: `${DOCUMENTS_PER_PAGE}` })
  for (const [key, value] of Object.entries(filter)) if (value) query.set(key, String(value))
  return queryOptions({
    queryKey: ['runs', name, 'documents', filter],
    queryFn: () => get('GET /api/runs/{run}/documents', `${run(name)}/documents?${query}`),
    // The old page stays until the new one is there, so that nothing jumps.
    placeholderData: keepPreviousData,
  })
}

export const documentDetail = (name: string, id: string) =>
  queryOptions({
    queryKey: ['runs', name, 'document', id],
    queryFn: () =>
      get('GET /api/runs/{run}/documents/{document_id}', `${run(name)}/documents/${encodeURIComponent(id)}`),
  })
