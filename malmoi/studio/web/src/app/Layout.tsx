import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Navigate, Outlet, useLocation } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useLanguage } from '../i18n/language'
import { TopBarContext } from '../ui/Page'
import { Toasts } from '../ui/Toast/Toasts'
import { NotFound } from '../shell/NotFound'
import { ModelChip } from '../shell/ModelChip'
import { Rail } from '../shell/Rail'
import { Keys } from '../shell/keymap/Keys'
import { SkipLink, useFocusOnHeading } from '../shell/focus'
import { finders } from './finders'
import { isNobody, session } from '../api/session'
import { GROUPS, ROLES, ROUTES, type Role, type Row } from './routes'

const ROWS: readonly Row[] = ROUTES
const PLACES = GROUPS.map((group) => ({
  group,
  places: ROWS.flatMap(({ path, title, rail }) => (rail?.group === group ? [{ path, title, icon: rail.icon }] : [])),
}))

/** What a role sees in the rail. */
const placesOf = (role: Role) =>
  PLACES.map(({ group, places }) => ({
    group,
    places: places.filter(({ path }) => {
      const needed = ROWS.find((row) => row.path === path)?.role ?? 'owner'
      return ROLES.indexOf(needed) <= ROLES.indexOf(role)
    }),
  }))

/** Pages that are open to who has not signed in. */
const OPEN = ['/sign-in', '/welcome']

/** What stays on the screen while pages come and go: the way to skip the rail, the rail, the top bar's right side. */
export function Layout() {
  const me = useQuery(session()).data
  const here = useLocation()
  const isOpen = OPEN.includes(here.pathname)
  useFocusOnHeading()
  const client = useQueryClient()
  const words = useLanguage()
  const found = useMemo(() => finders(client, words), [client, words])
  return (
    <Keys finders={found}>
      <div className="app">
        <SkipLink />
        {!isOpen && <Rail groups={placesOf(me?.person?.role ?? 'owner')} />}
        <TopBarContext value={<ModelChip />}>
          {isNobody(me) && !isOpen ? <Navigate to="/sign-in" search={{ next: here.href }} replace /> : <Outlet />}
        </TopBarContext>
        <Toasts />
      </div>
    </Keys>
  )
}

/** An address that no row has: the way back leads to the list of the area that it names, else to the first page. */
export function NotHere() {
  return <NotFound places={PLACES.flatMap(({ places }) => places)} />
}
