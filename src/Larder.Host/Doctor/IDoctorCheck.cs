namespace Larder.Host.Doctor;

/// <summary>One check of this host. To add one, write a class and name it in <see cref="DoctorRounds"/>.</summary>
internal interface IDoctorCheck
{
    /// <summary>Looks.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>At least one finding.</returns>
    ValueTask<IReadOnlyList<Finding>> LookAsync(CancellationToken cancellationToken);
}
