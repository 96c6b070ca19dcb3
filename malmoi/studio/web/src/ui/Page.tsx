import { createContext, use, useEffect, useRef, type ReactNode } from 'react'
import { useLanguage } from '../i18n/language'
import { Button } from './Button/Button'
import { classes } from './classes'
import { Icon } from './Icon'
import { KeyHint } from './keys/KeyHint'
import { useKeys } from './keys/useKeys'
import { useNarrow } from './useNarrow'
import css from './Page.module.css'

/** What the Run button and its keys start and stop on a page. */
export interface Runner {
  running: boolean
  run: () => void
  stop: () => void
}

/** What the shell shows in every page's top bar, beside the title. */
export const TopBarContext = createContext<ReactNode>(null)

/** A page that is narrower folds its panel over the text: 312 px of panel beside 480 of text, and some air. */
const PANEL_BESIDE_PX = 800

interface Props {
  title: string
  /** What the Run button, Ctrl/Cmd+Enter and Esc do here. */
  runner?: Runner | undefined
  /** The right panel. */
  panel?: ReactNode
  /** What stays below the text that scrolls and never covers it: where the next message is written. */
  foot?: ReactNode
  /** Its file is on its way. The page that is left is still there, hidden, and one heading is enough. */
  isComing?: boolean
  children: ReactNode
}

/** Top bar, centre and right panel: the frame of every page. */
export function Page({ title, runner, panel, foot, isComing, children }: Props) {
  const { t } = useLanguage()
  const [page, narrow] = useNarrow(PANEL_BESIDE_PX)
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`
  }, [title, t])
  return (
    <div ref={page} className={`page ${css.page}`}>
      <header className={`topbar ${css.top}`}>
        {isComing ? <p className={classes(css.coming)}>{title}</p> : <h1 tabIndex={-1}>{title}</h1>}
        {use(TopBarContext)}
        {runner && <RunButtons runner={runner} />}
      </header>
      <div
        className={classes('page-body', css.body, Boolean(panel) && !narrow && css.beside)}
        data-scroll-restoration-id="body"
      >
        {panel && narrow && (
          <details className={classes(css.panel, css.folded)}>
            <summary>{t('parameters.title')}</summary>
            {panel}
          </details>
        )}
        <main id="main" className={classes('centre', css.centre)} data-scroll-restoration-id="centre">
          {children}
        </main>
        {panel && !narrow && (
          <aside className={classes(css.panel)} aria-label={t('parameters.title')}>
            <h2>{t('parameters.title')}</h2>
            {panel}
          </aside>
        )}
      </div>
      {foot && (
        <div className={classes('page-foot', css.foot, Boolean(panel) && !narrow && css.besideFoot)}>
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
    <div className={classes(css.acts)}>
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
