import { useLanguage } from '../../i18n/language'
import { Button } from '../Button/Button'
import { Icon } from '../Icon'
import type { FollowEnd } from '../useFollowEnd'
import css from './NewBelow.module.css'

/** The way to what has come below, for a reader who is further up. It takes no room, so nothing moves when it comes. */
export function NewBelow({ follow }: { follow: FollowEnd }) {
  const { t } = useLanguage()
  return (
    <div className={css.place}>
      {follow.hasNew && (
        <Button small className={css.button ?? ''} onPress={follow.toEnd}>
          <Icon name="down" />
          {t('answer.new_below')}
        </Button>
      )}
    </div>
  )
}
