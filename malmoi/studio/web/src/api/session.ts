import { queryOptions } from '@tanstack/react-query'
import { bringBack, getJson } from './client'
import type { Me } from './schema'

/** Who asks, and what they may do. What is sent from then on brings the session's token. */
export const session = () =>
  queryOptions({
    queryKey: ['session'],
    queryFn: async () => {
      const me = await getJson<Me>('/api/session')
      bringBack(me.csrf)
      return me
    },
    staleTime: 60_000,
  })

/** Whether one has to sign in before anything else. */
export const isNobody = (me: Me | undefined): boolean => me !== undefined && me.has_accounts && me.person === null
