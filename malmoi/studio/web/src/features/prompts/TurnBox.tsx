import { isOpen } from '../../streams/answer'
import { useAnswer } from '../../streams/useRun'
import { useLanguage } from '../../i18n/language'
import { Button } from '../../ui/Button/Button'
import { classes } from '../../ui/classes'
import { CopyButton } from '../../ui/CopyButton'
import { Icon } from '../../ui/Icon'
import { AnswerText } from './AnswerView'
import { branchOf, showBranch, type Draft, type Turn } from './draft'
import css from './play.module.css'
import type { Session } from './session'
import { TextBox } from './TextBox'

interface Props {
  session: Session
  draft: Draft
  place: number
  edition: number
  /** An answer is under way: what it follows must not change. */
  disabled: boolean
  onRemove: () => void
  onAgain: () => void
}

/** One turn of a conversation: what was said, and what can be done with it. */
export function TurnBox({ session, draft, place, edition, disabled, onRemove, onAgain }: Props) {
  const { t } = useLanguage()
  const turn = draft.turns[place]!
  const role = turn.role === 'user' ? t('chat.user') : t('chat.assistant')
  const isSkipped = place < draft.skipped
  return (
    <li className={classes('turn', `turn-${turn.role}`, isSkipped && css.skipped)} data-testid="turn">
      <div className="turn-head">
        <span className="turn-role">{role}</span>
        <BranchPicker session={session} draft={draft} place={place} disabled={disabled} />
        {turn.text !== '' && <CopyButton text={() => session.now().turns[place]?.text ?? ''} />}
        <Button kind="bare" isDisabled={disabled} aria-label={t('chat.again')} onPress={onAgain}>
          <Icon name="again" />
        </Button>
        <Button kind="bare" isDisabled={disabled} aria-label={t('chat.remove')} onPress={onRemove}>
          <Icon name="bin" />
        </Button>
      </div>
      {turn.isOpen && turn.answer ? (
        <OpenTurn id={turn.answer} />
      ) : (
        <TextBox
          key={`${edition}-${turn.id}-${turn.answer ?? ''}`}
          session={session}
          field={`turn-${turn.id}`}
          write={(now, text) => ({ ...now, turns: written(now.turns, turn.id, text) })}
          initial={turn.text}
          label={t('chat.turn_label', { role })}
          rows={1}
        />
      )}
    </li>
  )
}

/** The words of an answer as they come. */
function OpenTurn({ id }: { id: string }) {
  const answer = useAnswer(id)
  return isOpen(answer) ? <AnswerText answer={answer} /> : <p className="answer-text">{answer.text}</p>
}

/** ‹ 2 / 3 ›: the ways in which the conversation went on from here. */
function BranchPicker({ session, draft, place, disabled }: Pick<Props, 'session' | 'draft' | 'place' | 'disabled'>) {
  const { t } = useLanguage()
  const branch = branchOf(draft, place)
  if (!branch) return null
  const show = (shown: number) =>
    session.replace((now) => {
      const talk = showBranch(now, branch.after, shown)
      return { ...now, ...talk, skipped: 0, asked: talk.turns.at(-1)?.answer ?? null }
    })
  const last = branch.tails.length - 1
  return (
    <span className="picker">
      <Button
        kind="bare"
        aria-label={t('branch.before')}
        isDisabled={disabled || branch.shown === 0}
        onPress={() => show(branch.shown - 1)}
      >
        <Icon name="left" />
      </Button>
      {t('answer.place', { place: branch.shown + 1, all: last + 1 })}
      <Button
        kind="bare"
        aria-label={t('branch.after')}
        isDisabled={disabled || branch.shown === last}
        onPress={() => show(branch.shown + 1)}
      >
        <Icon name="right" />
      </Button>
    </span>
  )
}

function written(turns: Turn[], id: number, text: string): Turn[] {
  return turns.map((turn) => (turn.id === id ? { ...turn, text } : turn))
}
