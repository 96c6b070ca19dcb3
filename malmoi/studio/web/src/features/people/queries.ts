import { queryOptions } from '@tanstack/react-query'
import { getJson, send } from '../../api/client'
import type { Audit, Identity, Invitations, Member, Members, NewInvitation } from '../../api/schema'

export type Role = Identity['role']
export const ROLES: readonly Role[] = ['viewer', 'editor', 'operator', 'owner']

export const people = () => queryOptions({ queryKey: ['people'], queryFn: () => getJson<Members>('/api/people') })

export const invitations = () =>
  queryOptions({ queryKey: ['people', 'invitations'], queryFn: () => getJson<Invitations>('/api/invitations') })

export const audit = () =>
  queryOptions({ queryKey: ['people', 'audit'], queryFn: () => getJson<Audit>('/api/audit?size=50') })

export const changeMember = (id: string, role: Role, blocked: boolean) =>
  getJson<Member>(`/api/people/${encodeURIComponent(id)}`, { method: 'PUT', body: { role, blocked } })

export const invite = (role: Role) => getJson<NewInvitation>('/api/invitations', { method: 'POST', body: { role } })

export const takeBack = (id: string) => send(`/api/invitations/${encodeURIComponent(id)}`, { method: 'DELETE' })

export const signIn = (name: string, password: string) =>
  send('/api/session', { method: 'POST', body: { name, password } })

/** A new account by a link: the first owner's, or that of an invitation. */
export const join = (kind: 'first' | 'join', token: string, name: string, password: string) =>
  send(`/api/people/${kind}`, { method: 'POST', body: { token, name, password } })
