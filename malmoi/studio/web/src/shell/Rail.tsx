import { Link, useLocation } from '@tanstack/react-router'
import { Fragment, use, useState } from 'react'
import { Button } from 'react-aria-components'
import { useLanguage, type Key } from '../i18n/language'
import { Icon, type IconName } from '../ui/Icon'
import { recall, remember } from '../ui/memory'
import { KeyHint } from '../ui/keys/KeyHint'
import { PaletteContext } from './commandPalette/context'
import { Settings } from './Settings'

export interface Place {
  path: string
  title: Key
  icon: IconName
}

interface Props {
  groups: { group: string; places: Place[] }[]
}

/** The way between the pages: a column on the left, a bar at the bottom of small screens. */
export function Rail({ groups }: Props) {
  const { t, named } = useLanguage()
  const here = `/${useLocation().pathname.split('/')[1] ?? ''}`
  const [folded, setFolded] = useState(() => recall('rail') === 'folded')
  const openPalette = use(PaletteContext)
  const fold = () => {
    remember('rail', folded ? 'open' : 'folded')
    setFolded(!folded)
  }
  return (
    <nav className={folded ? 'rail rail-folded' : 'rail'} aria-label={t('rail.label')}>
      <div className="rail-head">
        <Link to="/" className="rail-brand">
          <img src="/favicon.svg" alt="" width="28" height="28" />
          <span className="rail-name">{t('app.name')}</span>
        </Link>
      </div>
      <Button className="rail-item rail-find" onPress={openPalette}>
        <Icon name="search" />
        <span className="rail-name">
          {t('palette.title')} <KeyHint keys="Mod+k" />
        </span>
      </Button>
      {groups.map(({ group, places }) => (
        <Fragment key={group}>
          {group !== 'start' && places.length > 0 && <p className="rail-group">{named('rail.group', group)}</p>}
          {places.map(({ path, icon, title }) => (
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
          ))}
        </Fragment>
      ))}
      <span className="rail-space" />
      <Settings />
      <Button className="rail-item rail-fold" aria-expanded={!folded} onPress={fold}>
        <Icon name={folded ? 'right' : 'left'} />
        <span className="rail-name">{folded ? t('rail.unfold') : t('rail.fold')}</span>
      </Button>
    </nav>
  )
}
