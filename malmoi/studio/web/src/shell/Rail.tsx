import { Link } from '@tanstack/react-router'
import { Fragment, use, useState } from 'react'
import { Button } from 'react-aria-components'
import { useLanguage } from '../i18n/language'
import { Icon } from '../ui/Icon'
import { PHONE, useMedia } from '../ui/media'
import { recall, remember } from '../ui/memory'
import { KeyHint } from '../ui/keys/KeyHint'
import { PaletteContext } from './commandPalette/context'
import { PhoneBar } from './PhoneBar'
import { Places, type PlaceGroup } from './Places'
import { Settings } from './Settings'

/** The way between the pages: a column on the left, a bar at the bottom of small screens. */
export function Rail({ groups }: { groups: PlaceGroup[] }) {
  const { t, named } = useLanguage()
  const phone = useMedia(PHONE)
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
      {phone ? (
        <PhoneBar places={groups.flatMap(({ places }) => places)} />
      ) : (
        groups.map(({ group, places }) => (
          <Fragment key={group}>
            {group !== 'start' && places.length > 0 && <p className="rail-group">{named('rail.group', group)}</p>}
            <Places places={places} folded={folded} />
          </Fragment>
        ))
      )}
      <span className="rail-space" />
      <Settings />
      <Button className="rail-item rail-fold" aria-expanded={!folded} onPress={fold}>
        <Icon name={folded ? 'right' : 'left'} />
        <span className="rail-name">{folded ? t('rail.unfold') : t('rail.fold')}</span>
      </Button>
    </nav>
  )
}
