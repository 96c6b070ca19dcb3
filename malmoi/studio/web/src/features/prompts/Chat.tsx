import { AnswerStatus } from '../../streams/AnswerStatus'
import { isOpen, type Answer } from '../../streams/answer'
import { useLanguage } from '../../i18n/language'
import { Button } from '../../ui/Button/Button'
import { classes } from '../../ui/classes'
import { NewBelow } from '../../ui/NewBelow/NewBelow'
import { toast } from '../../ui/Toast/toasts'
import type { FollowEnd } from '../../ui/useFollowEnd'
import { AnswerError, AnswerFacts, AnswerText } from './AnswerView'
import { removeTurn, type Draft } from './draft'
import css from './play.module.css'
import type { Session } from './session'
import { TextBox } from './TextBox'
import { TurnBox } from './TurnBox'

interface Props {
  session: Session
  draft: Draft
  edition: number
  /** The answer asked last. */
  answer: Answer
  /** Answers from a turn on in another way; what followed it stays as a branch. */
  again: (place: number) => void
  run: () => void
  follow: FollowEnd
}

const writeSystem = (draft: Draft, system: string): Draft => ({ ...draft, system })

/** A conversation whose every turn can be rewritten, answered anew and taken out, and brought back. */
export function Chat({ session, draft, edition, answer, again, run, follow }: Props) {
  const { t } = useLanguage()
  const running = isOpen(answer)
  const remove = (place: number) => {
    const before = session.now()
    const skipped = Math.max(0, before.skipped - (place < before.skipped ? 1 : 0))
    session.edit((now) => ({ ...now, ...removeTurn(now, before.turns[place]!.id), skipped }))
    toast(t('chat.removed'), () =>
      session.replace((now) => ({ ...now, turns: before.turns, branches: before.branches, skipped: before.skipped })),
    )
  }
  return (
    <div ref={follow.content} className="sheet chat">
      <label className="field-label" htmlFor="system">
        {t('chat.system')}
      </label>
      <TextBox
        key={`${session.id}-${edition}`}
        session={session}
        field="system"
        write={writeSystem}
        initial={draft.system}
        label={t('chat.system')}
        id="system"
        className="system-box"
        placeholder={t('chat.system_placeholder')}
      />
      {draft.skipped > 0 && (
        <p className={classes(css.fit)}>
          {t('chat.skipped', { turns: draft.skipped })}{' '}
          <Button small onPress={() => session.edit((now) => ({ ...now, skipped: 0 }))}>
            {t('chat.skip_none')}
          </Button>
        </p>
      )}
      <ol className="turns" aria-label={t('chat.turns')}>
        {draft.turns.map((turn, place) => (
          <TurnBox
            key={turn.id}
            session={session}
            draft={draft}
            place={place}
            edition={edition}
            disabled={running}
            onRemove={() => remove(place)}
            onAgain={() => again(place)}
          />
        ))}
      </ol>
      {draft.turns.length === 0 && !running && <p className="quiet">{t('chat.empty')}</p>}
      <AnswerError answer={answer} retry={run} />
      {!running && answer.tokens.length > 0 && (
        <details className="fold">
          <summary>{t('tokens.label')}</summary>
          <AnswerText answer={answer} />
        </details>
      )}
      <AnswerFacts answer={answer} />
      <AnswerStatus answer={answer} />
      <NewBelow follow={follow} />
    </div>
  )
}
