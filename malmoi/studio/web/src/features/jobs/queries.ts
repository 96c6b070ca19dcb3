import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { getJson } from '../../api/client'
import type { Job, JobAsked, JobDetail, JobForm, JobPage, JobPlan, JobWords, Startable } from '../../api/schema'

const LIVE_MS = 1_000
const SLOW_MS = 10_000
const PER_PAGE = 30

/** States that change without a person. */
const GOING: readonly Job['state'][] = ['queued', 'starting', 'running', 'stopping', 'waiting']

export const isGoing = ({ state }: Pick<Job, 'state'>): boolean => GOING.includes(state)

/** States from which a person lets a job go on. */
export const isAtRest = ({ state }: Pick<Job, 'state'>): boolean => ['stopped', 'failed', 'lost'].includes(state)

const path = (id: string) => `/api/jobs/${encodeURIComponent(id)}`

export const jobs = () =>
  infiniteQueryOptions({
    queryKey: ['jobs', 'list'],
    queryFn: ({ pageParam }) =>
      getJson<JobPage>(`/api/jobs?size=${PER_PAGE}${pageParam ? `&after=${encodeURIComponent(pageParam)}` : ''}`),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.jobs.some(isGoing)) ? LIVE_MS : SLOW_MS),
  })

export const job = (id: string) =>
  queryOptions({
    queryKey: ['jobs', 'one', id],
    queryFn: () => getJson<JobDetail>(path(id)),
    refetchInterval: ({ state }) => (state.data && isGoing(state.data) ? LIVE_MS : SLOW_MS),
  })

export const logPath = (id: string) => `${path(id)}/log`

export const stopJob = (id: string) => getJson<JobDetail>(`${path(id)}/stop`, { method: 'POST' })
export const tryAgain = (id: string) => getJson<JobDetail>(`${path(id)}/again`, { method: 'POST' })

export const startable = () =>
  queryOptions({ queryKey: ['jobs', 'startable'], queryFn: () => getJson<Startable>('/api/jobs/startable') })

export const form = (command: string, recipe: string) =>
  queryOptions({
    queryKey: ['jobs', 'form', command, recipe],
    queryFn: () => getJson<JobForm>(`/api/jobs/form?${new URLSearchParams({ command, recipe })}`),
    enabled: recipe !== '',
  })

/** The words that a filled form would run, by the command line's own reader. The old ones stay until the new come. */
export const words = (asked: JobAsked) =>
  queryOptions({
    queryKey: ['jobs', 'words', asked],
    queryFn: () => getJson<JobWords>('/api/jobs/words', { method: 'POST', body: asked }),
    placeholderData: keepPreviousData,
    retry: false,
  })

export const planJob = (asked: JobAsked) => getJson<JobPlan>('/api/jobs/plan', { method: 'POST', body: asked })
export const startJob = (asked: JobAsked) => getJson<JobDetail>('/api/jobs', { method: 'POST', body: asked })
