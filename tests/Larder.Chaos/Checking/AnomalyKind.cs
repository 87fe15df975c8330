namespace Larder.Chaos.Checking;

/// <summary>What a correct cache never does, or does only where its durability permits.</summary>
public enum AnomalyKind
{
    /// <summary>An acknowledged write is gone for good.</summary>
    LostWrite,

    /// <summary>A write took effect more than once.</summary>
    DoubledWrite,

    /// <summary>A read missed a write that was acknowledged before the read began. A loss shows in reads, too, so that this may be the same event.</summary>
    StaleRead,

    /// <summary>A read missed an acknowledged write that a later read had: the write was never lost, so that the read came from a place that is not the primary.</summary>
    StaleReadOfKeptWrite,

    /// <summary>A list has an element behind another whose append began only after the first one's was acknowledged.</summary>
    OrderViolation,

    /// <summary>A part of a transaction took effect without the rest.</summary>
    TornTransaction,

    /// <summary>A write took effect although the client had been told, beyond doubt, that it would not.</summary>
    RefusedButExecuted,

    /// <summary>A value was read that nobody had written by then.</summary>
    PhantomValue,

    /// <summary>One epoch was seen with two primaries, or a moment with two.</summary>
    TwoPrimaries,

    /// <summary>An epoch was seen after a higher one.</summary>
    EpochWentBack,

    /// <summary>
    /// A primary was shown in epoch 0, which nobody was elected in, after a real one had been. Whoever reads it is told something that is not so;
    /// clients are not led by it.
    /// </summary>
    UnelectedPrimaryShown,
}
