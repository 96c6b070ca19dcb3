import { queryOptions } from '@tanstack/react-query'
import { getJson } from '../../api/client'
import type { AnswerList } from '../../api/schema'

const RUNNING_MS = 2_000

/** The answers that were given last. The key is below that of the list of all, so that they are asked for anew with it. */
export const lastAnswers = (size: number) =>
  queryOptions({
    queryKey: ['answers', 'list', 'last', size],
    staleTime: 0, // an answer may have ended since this page was seen last
    refetchInterval: ({ state: { data } }) => (data?.some(({ state }) => state === 'running') ? RUNNING_MS : false),
    queryFn: async () => (await getJson<AnswerList>(`/api/answers?size=${size}`)).answers,
  })
