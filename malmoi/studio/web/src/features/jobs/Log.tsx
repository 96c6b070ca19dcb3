import { useLayoutEffect, useRef } from 'react'
import { useLanguage } from '../../i18n/language'
import { buttonLook } from '../../ui/Button/Button'
import { CopyButton } from '../../ui/CopyButton'
import { Icon } from '../../ui/Icon'
import css from './jobs.module.css'
import { logPath } from './queries'
import { useLog } from './useLog'

/** So near to the end counts as the end: a reader there wants to see what comes. */
const NEAR_PX = 24

/** What a job has said. At its end it follows along; who has scrolled up is left where they read. */
export function Log({ id, going }: { id: string; going: boolean }) {
  const { t } = useLanguage()
  const { text, isCut, isRead } = useLog(id, going)
  const box = useRef<HTMLPreElement>(null)
  const follows = useRef(true)
  useLayoutEffect(() => {
    const shown = box.current
    if (shown && follows.current) shown.scrollTop = shown.scrollHeight
  }, [text])
  const scrolled = () => {
    const shown = box.current
    if (shown) follows.current = shown.scrollHeight - shown.scrollTop - shown.clientHeight < NEAR_PX
  }
  return (
    <section className="block" aria-label={t('jobs.log')}>
      <div className="block-head">
        <h2>{t('jobs.log')}</h2>
        <span className="toolbar-space" />
        <CopyButton text={() => text} />
        <a className={buttonLook({ small: true })} href={`${logPath(id)}.txt`} download>
          <Icon name="download" />
          {t('jobs.log_whole')}
        </a>
      </div>
      {isCut && <p className="quiet">{t('jobs.log_cut')}</p>}
      {isRead && text === '' ? (
        <p className="quiet">{t(going ? 'jobs.log_empty' : 'jobs.log_none')}</p>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keyboard
        <pre ref={box} className={css.log} tabIndex={0} aria-label={t('jobs.log')} onScroll={scrolled}>
          {text}
        </pre>
      )}
    </section>
  )
}
