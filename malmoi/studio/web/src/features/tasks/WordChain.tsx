import { useEffect, useRef, useState } from 'react'
import type { Card, ChainOutput } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { useRun } from '../../streams/useRun'
import { PlainText } from '../../text/PlainText'
import { Button } from '../../ui/Button/Button'
import { classes } from '../../ui/classes'
import { Icon } from '../../ui/Icon'
import { ErrorNote } from '../../ui/ErrorNote'
import { useKeys } from '../../ui/keys/useKeys'
import { Page } from '../../ui/Page'
import { useTabMemory } from '../../ui/tabMemory'
import { toast } from '../../ui/Toast/toasts'
import { Toolbar } from '../../ui/Toolbar/Toolbar'
import { useSendOnEnter } from '../../ui/useSendOnEnter'
import { CardHead } from './CardHead'
import { after, NEW_GAME, type Game } from './game'
import { Said } from './Said'
import css from './WordChain.module.css'

/** The word chain (끝말잇기): person and model in turn. The server knows the rules; the page keeps the history. */
export function WordChain({ card }: { card: Card }) {
  const { t, pick } = useLanguage()
  const [game, setGame] = useTabMemory<Game>(`task.${card.id}`, NEW_GAME)
  const { moves, last } = game
  // A refused word is wrong only until another one is being written.
  const [corrected, setCorrected] = useState(false)
  const { answer, ask, stop, show } = useRun(`card.${card.id}`)
  const box = useRef<HTMLTextAreaElement>(null)
  const isAskedHere = useRef(false)
  const running = answer.state === 'running'
  const starts = last?.next_starts.join(', ')
  const over = last?.status === 'model_wins' || last?.status === 'user_wins'
  const output = answer.result?.output as ChainOutput | undefined

  // Also a move that came while another page was open.
  useEffect(() => {
    if (!output || answer.id === game.seen) return
    setCorrected(false)
    setGame(after(game, output, answer.id))
    if (!isAskedHere.current || output.status === 'illegal') return
    isAskedHere.current = false
    if (box.current) box.current.value = ''
    box.current?.focus()
  }, [output, answer.id, game, setGame])

  const play = (word: string, before: Game) => {
    isAskedHere.current = true
    setGame({ ...before, asked: word })
    const history = before.moves.map((move) => move.word)
    void ask({ kind: 'card', body: { card: card.id, inputs: { word, history }, decoding: {} } })
  }
  const say = (text: string): boolean => {
    if (!running && !over && text.trim() !== '') play(text.trim(), game)
    return false // the word stays until the server has taken it
  }
  const sayNow = useSendOnEnter(box, say)
  useKeys('page', [{ keys: 'Escape', does: t('action.stop'), run: stop, when: () => running }])
  const newGame = (modelBegins: boolean) => {
    const begun = { ...NEW_GAME, seen: game.seen }
    setGame(begun)
    if (moves.length > 0) toast(t('chain.ended'), () => (stop(), show(null), setGame(game)))
    if (modelBegins) play('', begun)
  }
  const shown = last?.status === 'illegal' && corrected ? 'playing' : last?.status
  return (
    <Page title={pick(card.title)}>
      <div className={classes(css.chain)}>
        <CardHead card={card} />
        <ChainStatus
          last={last}
          status={running ? 'thinking' : (shown ?? 'start')}
          text={answer.text}
          starts={starts}
        />
        <Said moves={moves} />
        {answer.state === 'failed' && <ErrorNote error={answer.error} retry={sayNow} />}
        <div className={classes(css.say)}>
          <PlainText
            initial=""
            boxRef={box}
            rows={1}
            disabled={over}
            maxLength={card.inputs.find((input) => input.name === 'word')?.max_chars}
            aria-label={t('chain.word')}
            aria-invalid={shown === 'illegal' ? true : undefined}
            aria-describedby="chain-status"
            placeholder={starts ? t('chain.next', { starts }) : t('chain.first')}
            onText={() => setCorrected(true)}
          />
          <Button kind="main" isPending={running} isDisabled={over} onPress={sayNow}>
            {t('chain.say')}
          </Button>
        </div>
        <Toolbar>
          {running && (
            <Button onPress={stop}>
              <Icon name="stop" />
              {t('action.stop')}
            </Button>
          )}
          <Button isDisabled={running} onPress={() => newGame(false)}>
            {t('chain.new')}
          </Button>
          <Button isDisabled={running} onPress={() => newGame(true)}>
            {t('chain.model_first')}
          </Button>
        </Toolbar>
        {card.guards.notice && <p className="quiet">{pick(card.guards.notice)}</p>}
      </div>
    </Page>
  )
}

interface StatusProps {
  last: ChainOutput | null
  status: 'start' | 'thinking' | ChainOutput['status']
  text: string
  starts: string | undefined
}

/** Whose turn it is, what was wrong with a word, who won. */
function ChainStatus({ last, status, text, starts }: StatusProps) {
  const { t, pick } = useLanguage()
  // After a refused word the server's sentence tells of that word: once it is being mended, the turn is what counts.
  const mended = status === 'playing' && last?.status === 'illegal'
  const next = starts ? t('chain.next', { starts }) : t('chain.start')
  const sentence = status === 'thinking' ? t('chain.thinking', { text }) : last && !mended ? pick(last.message) : next
  return (
    <div id="chain-status" className={classes(css.status, status === 'illegal' && css.illegal)} role="status">
      <strong>{t(`chain.status.${status}`)}</strong>
      <span>{sentence}</span>
      {last && status === 'playing' && (
        <span className="quiet">{t('chain.words_left', { words: last.words_left })}</span>
      )}
    </div>
  )
}
