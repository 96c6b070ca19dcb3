import { Button } from 'react-aria-components'
import { useLanguage } from '../../i18n/language'
import { Icon } from '../../ui/Icon'
import { PlainText } from '../../text/PlainText'
import { AnswerError, AnswerFacts, AnswerText } from './AnswerView'
import type { DraftState } from './draft'
import { TokenCount } from './TokenCount'
import type { Answer } from './useGeneration'

interface Props {
  state: DraftState
  answer: Answer
  run: () => void
  clear: () => void
}

/** Free completion: a text, and how the model goes on. */
export function Completion({ state: { draft, edition, edit, replace }, answer, run, clear }: Props) {
  const { t } = useLanguage()
  const append = () => {
    replace({ prompt: draft.prompt + answer.text })
    clear()
  }
  return (
    <div className="sheet">
      <label className="field-label" htmlFor="prompt">
        {t('completion.prompt')}
      </label>
      <PlainText
        key={edition}
        id="prompt"
        className="prompt-box"
        initial={draft.prompt}
        placeholder={t('completion.placeholder')}
        onText={(prompt) => edit({ prompt })}
      />
      <TokenCount text={draft.prompt} />
      <section className="answer" aria-label={t('completion.answer')}>
        <div className="answer-head">
          <h2>{t('completion.answer')}</h2>
          <Button
            className="button button-small"
            isDisabled={answer.text === '' || answer.state === 'running'}
            onPress={append}
          >
            <Icon name="add" />
            {t('completion.append')}
          </Button>
        </div>
        {answer.state === 'none' ? (
          <p className="quiet">{t('completion.empty')}</p>
        ) : (
          <>
            <AnswerText answer={answer} />
            <AnswerError answer={answer} retry={run} />
          </>
        )}
        <AnswerFacts answer={answer} />
      </section>
    </div>
  )
}
