import { createContext, use, useEffect, useRef, type ReactNode } from 'react'
import { useLanguage } from '../i18n/language'
import { Button } from './Button/Button'
import { Icon } from './Icon'
import { NARROW, useMedia } from './media'
import { KeyHint } from './keys/KeyHint'
import { useKeys } from './keys/useKeys'

/** What the Run button and its keys start and stop on a page. */
export interface Runner {
  running: boolean
  run: () => void
  stop: () => void
}

/** What the shell shows in every page's top bar, beside the title. */
export const TopBarContext = createContext<ReactNode>(null)

interface Props {
  title: string
  /** What the Run button, Ctrl/Cmd+Enter and Esc do here. */
  runner?: Runner | undefined
  /** The right panel. */
  panel?: ReactNode
  /** What stays below the text that scrolls and never covers it: where the next message is written. */
  foot?: ReactNode
  children: ReactNode
}

/** Top bar, centre and right panel: the frame of every page. */
export function Page({ title, runner, panel, foot, children }: Props) {
  const { t } = useLanguage()
  const narrow = useMedia(NARROW)
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`
  }, [title, t])
  return (
    <div className="page">
      <header className="topbar">
        <h1 tabIndex={-1}>{title}</h1>
        {use(TopBarContext)}
        {runner && <RunButtons runner={runner} />}
      </header>
      <div className={panel ? 'page-body with-panel' : 'page-body'} data-scroll-restoration-id="body">
        {panel && narrow && (
          <details className="panel panel-folded">
            <summary>{t('parameters.title')}</summary>
            {panel}
          </details>
        )}
        <main id="main" className="centre" data-scroll-restoration-id="centre">
          {children}
        </main>
        {panel && !narrow && (
          <aside className="panel" aria-label={t('parameters.title')}>
            <h2>{t('parameters.title')}</h2>
            {panel}
          </aside>
        )}
      </div>
      {foot && (
        <div className={panel ? 'page-foot beside-panel' : 'page-foot'}>
          <div>{foot}</div>
        </div>
      )}
    </div>
  )
}

/** Both buttons have their place at all times, so that nothing jumps when a run begins. */
function RunButtons({ runner }: { runner: Runner }) {
  const { t } = useLanguage()
  useKeys('page', [
    { keys: 'Mod+Enter', does: t('action.run'), run: runner.run, when: () => !runner.running },
    { keys: 'Escape', does: t('action.stop'), run: runner.stop, when: () => runner.running },
  ])
  const runButton = useRef<HTMLButtonElement>(null)
  const stop = () => {
    runner.stop()
    // The button that was pressed is about to be disabled: the focus must not be lost with it.
    runButton.current?.focus()
  }
  return (
    <div className="topbar-actions">
      <Button isDisabled={!runner.running} onPress={stop}>
        <Icon name="stop" />
        {t('action.stop')} <KeyHint keys="Escape" />
      </Button>
      <Button ref={runButton} kind="main" isPending={runner.running} onPress={runner.run}>
        <Icon name="play" />
        {t('action.run')} <KeyHint keys="Mod+Enter" />
      </Button>
    </div>
  )
}
