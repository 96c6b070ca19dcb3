import { useQueryClient } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
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
import { GROUPS, ROUTES, type Row } from './routes'

const ROWS: readonly Row[] = ROUTES
const PLACES = GROUPS.map((group) => ({
  group,
  places: ROWS.flatMap(({ path, title, rail }) => (rail?.group === group ? [{ path, title, icon: rail.icon }] : [])),
}))

/** What stays on the screen while pages come and go: the way to skip the rail, the rail, the top bar's right side. */
export function Layout() {
  useFocusOnHeading()
  const client = useQueryClient()
  const words = useLanguage()
  const found = useMemo(() => finders(client, words), [client, words])
  return (
    <Keys finders={found}>
      <div className="app">
        <SkipLink />
        <Rail groups={PLACES} />
        <TopBarContext value={<ModelChip />}>
          <Outlet />
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
