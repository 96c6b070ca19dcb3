import { useState } from 'react'
import { Button } from 'react-aria-components'
import { useLanguage, type Key } from '../i18n/language'
import { Icon, type IconName } from '../ui/Icon'
import { recall, remember } from '../ui/memory'
import { Link, useRoute } from './routing'
import { Settings } from './Settings'

const PLACES: { path: string; icon: IconName; name: Key }[] = [
  { path: '/playground', icon: 'playground', name: 'rail.playground' },
  { path: '/cards', icon: 'cards', name: 'rail.cards' },
  { path: '/corpus', icon: 'corpus', name: 'rail.corpus' },
  { path: '/runs', icon: 'runs', name: 'rail.runs' },
]

/** The way between the pages: a column on the left, a bar at the bottom of small screens. */
export function Rail() {
  const { t } = useLanguage()
  const here = useRoute()[0] ?? 'playground'
  const [folded, setFolded] = useState(() => recall('rail') === 'folded')
  const fold = () => {
    remember('rail', folded ? 'open' : 'folded')
    setFolded(!folded)
  }
  return (
    <nav className={folded ? 'rail rail-folded' : 'rail'} aria-label={t('rail.label')}>
      <div className="rail-head">
        <Link to="/playground" className="rail-brand">
          <img src="/favicon.svg" alt="" width="28" height="28" />
          <span className="rail-name">{t('app.name')}</span>
        </Link>
      </div>
      {PLACES.map(({ path, icon, name }) => (
        <Link
          key={path}
          to={path}
          className="rail-item"
          title={folded ? t(name) : undefined}
          aria-current={path === `/${here}` ? 'page' : undefined}
        >
          <Icon name={icon} />
          <span className="rail-name">{t(name)}</span>
        </Link>
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
