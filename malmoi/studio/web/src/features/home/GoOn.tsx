import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { AnswerLine } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { recentDrafts, type RecentDraft } from '../../streams/recentDrafts'
import { moment } from '../../text/numbers'
import { buttonLook } from '../../ui/Button/Button'
import { classes } from '../../ui/classes'
import { EmptyState } from '../../ui/EmptyState/EmptyState'
import { Loaded } from '../../ui/Loaded'
import css from './home.module.css'
import { lastAnswers } from './queries'

/** Two rows on a wide screen, and not the whole of a phone. */
const SHOWN = 6

type Last = { at: number } & ({ draft: RecentDraft } | { answer: AnswerLine })

/** What was written last in this browser, and the answers that were given last: the newest of both first. */
export function GoOn() {
  const { t } = useLanguage()
  const drafts: Last[] = recentDrafts().map((draft) => ({ at: draft.at, draft }))
  return (
    <section className={classes(css.part)} aria-labelledby="home-go-on">
      <div className={classes(css.head)}>
        <h2 id="home-go-on">{t('home.go_on')}</h2>
        <Link to="/history">{t('home.all_answers')}</Link>
      </div>
      <Loaded query={useQuery(lastAnswers(SHOWN))} lines={3}>
        {(answers) => {
          const last = [...drafts, ...answers.map((answer) => ({ at: Date.parse(answer.at), answer }))]
          if (last.length === 0) return <Nothing />
          return (
            <ul className={classes(css.tiles)}>
              {last
                .sort((one, other) => other.at - one.at)
                .slice(0, SHOWN)
                .map((one) => (
                  <li key={'draft' in one ? `draft-${one.draft.id}` : one.answer.id}>
                    {'draft' in one ? <DraftLink draft={one.draft} /> : <AnswerLink answer={one.answer} />}
                  </li>
                ))}
            </ul>
          )
        }}
      </Loaded>
    </section>
  )
}

function Nothing() {
  const { t } = useLanguage()
  const begin = (
    <Link to="/play/{-$draft}" className={buttonLook({ kind: 'main' })}>
      {t('home.write')}
    </Link>
  )
  return (
    <EmptyState icon="playground" title={t('home.nothing_yet')} act={begin}>
      {t('home.nothing_yet_how')}
    </EmptyState>
  )
}

function DraftLink({ draft }: { draft: RecentDraft }) {
  const { t, language } = useLanguage()
  return (
    <Link to="/play/{-$draft}" params={{ draft: draft.id }} search={{ mode: draft.mode }} className={classes(css.tile)}>
      <strong className={classes(css.line)}>{draft.title || draft.start}</strong>
      <span className={classes(css.line, css.quiet)}>
        {t('home.draft')} · {moment(draft.at / 1000, language)}
      </span>
    </Link>
  )
}

function AnswerLink({ answer }: { answer: AnswerLine }) {
  const { named, language } = useLanguage()
  const { id, asked, text, kind, state, at } = answer
  return (
    <Link to="/r/$answer" params={{ answer: id }} className={classes(css.tile)}>
      <strong className={classes(css.line)}>{(asked || text).trim() || named('history.kind', kind)}</strong>
      <span className={classes(css.line, css.quiet)}>
        {named('history.state', state)} · {moment(Date.parse(at) / 1000, language)}
      </span>
    </Link>
  )
}
