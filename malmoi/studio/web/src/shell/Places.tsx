import { Link, useLocation, useMatches } from '@tanstack/react-router'
import { useLanguage, type Key } from '../i18n/language'
import { Icon, type IconName } from '../ui/Icon'

export interface Place {
  path: string
  title: Key
  icon: IconName
}

export interface PlaceGroup {
  group: string
  places: Place[]
}

/** The area of what is open: /runs of /runs/demo, or what the table of routes says. */
export function useArea(): string {
  const begin = `/${useLocation().pathname.split('/')[1] ?? ''}`
  return useMatches({ select: (matches) => matches.at(-1)?.staticData.area }) ?? begin
}

/** The ways to some areas. The one that is open is marked. */
export function Places({ places, folded = false }: { places: Place[]; folded?: boolean }) {
  const { t } = useLanguage()
  const here = useArea()
  return places.map(({ path, icon, title }) => (
    <Link
      key={path}
      to={path}
      className="rail-item"
      title={folded ? t(title) : undefined}
      aria-current={path === here ? 'page' : undefined}
    >
      <Icon name={icon} />
      <span className="rail-name">{t(title)}</span>
    </Link>
  ))
}
