import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { cards } from '../../api/queries'
import { useLanguage } from '../../i18n/language'
import { classes } from '../../ui/classes'
import { Loaded } from '../../ui/Loaded'
import css from './home.module.css'

const SHOWN = 6

/** The first tasks, each opened with its example filled in. */
export function Examples() {
  const { t, pick } = useLanguage()
  return (
    <section className={classes(css.part)} aria-labelledby="home-examples">
      <div className={classes(css.head)}>
        <h2 id="home-examples">{t('home.examples')}</h2>
        <Link to="/tasks">{t('home.all_tasks')}</Link>
      </div>
      <p className={classes(css.quiet)}>{t('home.examples_how')}</p>
      <Loaded query={useQuery(cards())} lines={5}>
        {(list) => (
          <ul className={classes(css.tiles)}>
            {list.slice(0, SHOWN).map((card) => (
              <li key={card.id}>
                <Link
                  to="/tasks/$card"
                  params={{ card: card.id }}
                  search={{ example: true }}
                  className={classes(css.tile)}
                >
                  <strong>{pick(card.title)}</strong>
                  <span className={classes(css.quiet)}>{pick(card.description)}</span>
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </section>
  )
}
