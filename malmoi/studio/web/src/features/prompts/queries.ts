import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { getJson } from '../../api/client'
import type { PromptPage, PromptVersion, SavedPrompt, VersionPage } from '../../api/schema'

const PAGE = 50

export const promptPath = (id: string) => `/api/prompts/${encodeURIComponent(id)}`

/** Pages of prompts, the one changed last first. */
export const promptPages = (q: string, trash: boolean) =>
  infiniteQueryOptions({
    queryKey: ['prompts', 'pages', q, trash],
    queryFn: ({ pageParam }) => {
      const query = new URLSearchParams({ q, after: pageParam, limit: `${PAGE}`, trash: `${trash}` })
      return getJson<PromptPage>(`/api/prompts?${query}`)
    },
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
  })

export const savedPrompt = (id: string) =>
  queryOptions({ queryKey: ['prompts', id], queryFn: () => getJson<SavedPrompt>(promptPath(id)) })

export const versionPages = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['prompts', id, 'versions'],
    queryFn: ({ pageParam }) =>
      getJson<VersionPage>(`${promptPath(id)}/versions${pageParam === 0 ? '' : `?before=${pageParam}`}`),
    initialPageParam: 0,
    getNextPageParam: ({ next }) => next,
  })

/** A version never changes. */
export const version = (id: string, n: number) =>
  queryOptions({
    queryKey: ['prompts', id, 'version', n],
    queryFn: () => getJson<PromptVersion>(`${promptPath(id)}/versions/${n}`),
    staleTime: Infinity,
  })
