import { Link } from '@tanstack/react-router'
import { useLanguage } from '../../i18n/language'
import { recentDrafts } from '../../streams/recentDrafts'
import { moment } from '../../text/numbers'
import { buttonLook } from '../../ui/Button/Button'
import { classes } from '../../ui/classes'
import { EmptyState } from '../../ui/EmptyState/EmptyState'
import css from './home.module.css'

const SHOWN = 4

/** What was written last in this browser. */
export function GoOn() {
  const { t, language } = useLanguage()
  const drafts = recentDrafts().slice(0, SHOWN)
  const begin = (
    <Link to="/play" className={buttonLook({ kind: 'main' })}>
      {t('home.write')}
    </Link>
  )
  if (drafts.length === 0) {
    return (
      <EmptyState icon="playground" title={t('home.nothing_yet')} act={begin}>
        {t('home.nothing_yet_how')}
      </EmptyState>
    )
  }
  return (
    <>
      <ul className={classes(css.list)}>
        {drafts.map(({ id, title, start, mode, at }) => (
          <li key={id}>
            <Link to="/play" search={{ mode }} className={classes(css.line)}>
              <strong>{title || start}</strong>
              <span className="quiet">{moment(at / 1000, language)}</span>
            </Link>
          </li>
        ))}
      </ul>
      {begin}
    </>
  )
}
