import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { getJson, send } from '../../api/client'
import type { AnswerDetail, AnswerLine, AnswerList } from '../../api/schema'
import { writeQuery } from '../../text/search'
import type { HistorySearch } from './search'

const PAGE = 50
const RUNNING_MS = 2_000

/** The day of a filter begins where the person is, not at Greenwich. */
function asked({ from, ...rest }: HistorySearch): Record<string, unknown> {
  return { ...rest, from: from && new Date(`${from}T00:00:00`).toISOString() }
}

export const answers = (search: HistorySearch) =>
  infiniteQueryOptions({
    queryKey: ['answers', 'list', search],
    queryFn: ({ pageParam, signal }) =>
      getJson<AnswerList>(`/api/answers${writeQuery({ ...asked(search), after: pageParam, size: PAGE })}`, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ after }) => after,
    placeholderData: keepPreviousData,
    // One that is being made changes its line; who has paged far down keeps what is there.
    refetchInterval: ({ state: { data } }) =>
      data && data.pages.length === 1 && data.pages[0]!.answers.some(({ state }) => state === 'running')
        ? RUNNING_MS
        : false,
  })

export const answerDetail = (id: string) =>
  queryOptions({ queryKey: ['answers', 'one', id], queryFn: () => getJson<AnswerDetail>(`/api/answers/${id}`) })

export const throwAway = (id: string) => send(`/api/answers/${id}`, { method: 'DELETE' })
export const bringBack = (id: string) => send(`/api/answers/${id}/restore`, { method: 'POST' })

export const FORMS = ['txt', 'md', 'jsonl', 'csv'] as const
export type Form = (typeof FORMS)[number]

/** Where a file of answers is read: those that are chosen, or all that are listed. */
export function fileAddress(form: Form, language: string, chosen: string[], search: HistorySearch): string {
  const which = chosen.length > 0 ? { ids: chosen.join(',') } : asked(search)
  return `/api/answers/export${writeQuery({ format: form, language, ...which })}`
}

export type { AnswerDetail, AnswerLine }
